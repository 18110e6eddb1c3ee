"""What every visitor, and the platform, counts on."""

import re
import tempfile
from unittest import mock

from django.core.cache import cache
from django.core.management import call_command
from django.test import TestCase, override_settings

HASHED = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    },
}


class UpTest(TestCase):
    def test_answers_whatever_the_host(self) -> None:
        response = self.client.get("/up", headers={"host": "10.0.0.1:8000"})
        self.assertEqual((response.status_code, response.content), (200, b"ok"))

    @override_settings(SECURE_SSL_REDIRECT=True)
    def test_answers_over_plain_http(self) -> None:
        self.assertEqual(self.client.get("/up").status_code, 200)

    def test_fails_with_a_logged_traceback_when_the_cache_forgets(self) -> None:
        self.client.raise_request_exception = False
        forgetful = mock.patch.object(cache, "get", return_value=None)
        with forgetful, self.assertLogs("django.request", "ERROR") as logs:
            self.assertEqual(self.client.get("/up").status_code, 500)
        self.assertIn("is memcached at $MEMCACHED?", logs.output[0])


class HomeTest(TestCase):
    def test_is_shown(self) -> None:
        self.assertContains(self.client.get("/"), "{{ name }}")

    def test_is_refused_under_a_foreign_host(self) -> None:
        with self.assertLogs("django.security", "ERROR"):
            response = self.client.get("/", headers={"host": "evil.example.com"})
        self.assertEqual(response.status_code, 400)

    def test_links_its_style_by_a_hashed_name(self) -> None:
        root = self.enterContext(tempfile.TemporaryDirectory())
        with override_settings(STATIC_ROOT=root, STORAGES=HASHED):
            call_command("collectstatic", interactive=False, verbosity=0)
            page = self.client.get("/").content.decode()
        self.assertRegex(page, re.compile(r"/static/{{ package }}/style\.[0-9a-f]{12}\.css"))
