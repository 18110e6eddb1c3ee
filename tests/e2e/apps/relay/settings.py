import os

FAULT = os.environ.get("FAULT", "")
GREETING = "relay"
