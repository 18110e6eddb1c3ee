"""The guestbook's one table."""

from django.db import models


class Entry(models.Model):
    """What a visitor left behind."""

    name = models.CharField(max_length=80)
    message = models.TextField(max_length=1000)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)  # newest first, from the primary key's own index
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.name}: {self.message[:40]}"
