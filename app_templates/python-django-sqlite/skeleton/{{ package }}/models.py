"""The app's tables. After a change: `django-admin makemigrations`."""
