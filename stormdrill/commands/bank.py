"""`stormdrill bank`: the embedded target's own command."""

import os
import sys

import typer

SETTINGS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Its words are the world's to understand."""


def bank(context: typer.Context) -> None:
    """The embedded target by itself: up, down, status (see: stormdrill bank up --help)."""
    os.execv(sys.executable, [sys.executable, "-m", "mock_bank", *context.args])  # noqa: S606 - becomes the world's own command
