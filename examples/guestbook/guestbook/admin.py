"""Entries in Django's admin, to remove what nobody should read."""

from django.contrib import admin

from .models import Entry


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    """Newest first, searchable."""

    list_display = ("name", "message", "created")
    search_fields = ("name", "message")
