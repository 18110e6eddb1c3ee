"""Settings, from the environment alone: the same code runs on a laptop and on the platform.

SECRET_KEY            signs sessions and tokens (required)
DATA_DIR              the folder that outlives every release: the database (required)
ALLOWED_HOSTS         the app's own domains, comma separated
CSRF_TRUSTED_ORIGINS  the same as http(s)://host[:port], comma separated
STATIC_ROOT           where collectstatic puts the files that nginx serves
MEMCACHED             memcached's Unix socket; unset, each process caches for itself
CACHE_PREFIX          sets this app's keys apart from its neighbours'
LOG_LEVEL             least severe message logged (INFO)
DEBUG                 1 shows tracebacks to visitors: for development only
"""

import os
from pathlib import Path


def _list(name: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


PACKAGE = __name__.rpartition(".")[0]

SECRET_KEY = os.environ["SECRET_KEY"]
DATA_DIR = Path(os.environ["DATA_DIR"])
DEBUG = os.environ.get("DEBUG", "").lower() in {"1", "true", "yes", "on"}
ALLOWED_HOSTS = _list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    PACKAGE,
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    f"{PACKAGE}.up.UpMiddleware",  # first: the health check comes with any Host, over plain http
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = f"{PACKAGE}.urls"
WSGI_APPLICATION = f"{PACKAGE}.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# WAL: readers never wait for a writer. IMMEDIATE: a transaction that will write queues for the
# lock at its start, where the timeout applies, instead of failing in its middle. Connections are
# closed after each request (CONN_MAX_AGE 0), so that a restored file is never written by an old one.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "db.sqlite3",
        "OPTIONS": {
            "timeout": 20,  # seconds
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A cache that is away costs speed, not pages: reads miss, writes are dropped (ignore_exc).
MEMCACHED = os.environ.get("MEMCACHED")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
        "LOCATION": f"unix:{MEMCACHED}",
        "KEY_PREFIX": os.environ.get("CACHE_PREFIX", PACKAGE),
        "OPTIONS": {"ignore_exc": True, "connect_timeout": 1, "timeout": 1, "dead_timeout": 2},
    }
    if MEMCACHED
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# A file's name on the web carries a hash of its content, so browsers may keep it for ever.
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("STATIC_ROOT")
HASHED = bool(STATIC_ROOT) and not DEBUG
STATIC_STORAGE = "ManifestStaticFilesStorage" if HASHED else "StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": f"django.contrib.staticfiles.storage.{STATIC_STORAGE}"},
}
MEDIA_ROOT = DATA_DIR / "media"

# The proxy sets this header itself, over whatever a visitor sent. Where every origin is https,
# cookies and pages are for https alone; on plain http (localhost) they would not work.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
HTTPS = bool(CSRF_TRUSTED_ORIGINS) and all(o.startswith("https://") for o in CSRF_TRUSTED_ORIGINS)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 3600 if HTTPS else 0  # raise it once https is there to stay
# Promises for every subdomain and for good: the domain's owner has to make them.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# Everything to stderr, tracebacks of 500s too: Django by itself mails them and logs nothing.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}
