"""The guestbook's one form."""

from django import forms

from .models import Entry


class EntryForm(forms.ModelForm):
    """A new entry: who, and what they say."""

    class Meta:
        model = Entry
        fields = ("name", "message")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "message": forms.Textarea(attrs={"rows": 3}),
        }
