# The shipped settings; salt/parameters/ has their defaults. A `pillar/platform.sls` beside your
# .flipside-platform is laid over this file, and the keys of .flipside-platform over both.
flipside: {}
