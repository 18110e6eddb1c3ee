"""Signing, reading and counting."""

from unittest import mock

from django.core.cache import cache
from django.test import Client, TestCase
from guestbook.models import Entry
from guestbook.views import SHOWN


class GuestbookTest(TestCase):
    def setUp(self) -> None:
        cache.clear()

    def test_an_entry_is_saved_and_the_browser_sent_back(self) -> None:
        response = self.client.post("/", {"name": "Ada", "message": "Hello\nthere"})
        self.assertRedirects(response, "/")
        self.assertEqual(Entry.objects.get().name, "Ada")

    def test_the_newest_entry_comes_first(self) -> None:
        for name in ("Ada", "Grace"):
            Entry.objects.create(name=name, message="Hello")
        page = self.client.get("/").content.decode()
        self.assertIn("2 entries", page)
        self.assertLess(page.index("Grace"), page.index("Ada"))

    def test_old_entries_are_counted_but_not_shown(self) -> None:
        Entry.objects.bulk_create(Entry(name=f"N{n}", message="!") for n in range(SHOWN + 1))
        self.assertContains(self.client.get("/"), "<article>", count=SHOWN)

    def test_markup_in_an_entry_is_text(self) -> None:
        Entry.objects.create(name="<b>Ada</b>", message="<script>alert(1)</script>")
        self.assertNotContains(self.client.get("/"), "<script>")

    def test_an_empty_entry_is_refused_with_what_was_typed(self) -> None:
        response = self.client.post("/", {"name": "Ada", "message": " "})
        self.assertContains(response, 'value="Ada"', status_code=400)
        self.assertFalse(Entry.objects.exists())

    def test_a_form_from_elsewhere_is_refused(self) -> None:
        stranger = Client(enforce_csrf_checks=True)
        with self.assertLogs("django.security.csrf", "WARNING"):
            response = stranger.post("/", {"name": "Mallory", "message": "Hello"})
        self.assertEqual(response.status_code, 403)

    def test_visits_are_counted_in_the_cache(self) -> None:
        for _ in range(3):
            response = self.client.get("/")
        self.assertContains(response, "Visit <strong>3</strong>")
        self.assertEqual(cache.get("visits"), 3)

    def test_without_a_cache_the_page_still_comes(self) -> None:
        with mock.patch.object(cache, "incr", side_effect=ValueError):
            self.assertNotContains(self.client.get("/"), "Visit")
