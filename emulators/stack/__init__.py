"""The launcher: starts every part as a process of its own and leaves nothing behind."""
