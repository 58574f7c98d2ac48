"""Texts within the lengths of ConnectWise's models, and sentences about those that did not fit."""

from dataclasses import dataclass, field

from sync_core.mapping.fitting import fits, one_line, shortened


@dataclass(slots=True)
class Trimmer:
    """Trims the texts of one record and collects a warning for each that did not fit; lengths are UTF-16 units."""

    warnings: list[str] = field(default_factory=list)

    def cut(self, called: str, text: str | None, longest: int) -> str | None:
        """Return a text that may be shortened; None when it is empty."""
        line = one_line(text)
        if line is None or fits(line, longest):
            return line
        self.warnings.append(f"The {called} is shortened to {longest} characters, all that ConnectWise takes.")
        return shortened(line, longest)

    def whole(self, called: str, text: str | None, longest: int) -> str | None:
        """Return a text that is worth nothing when it is cut (a number, an address): whole, or left out."""
        line = one_line(text)
        if line is None or fits(line, longest):
            return line
        self.warnings.append(f"The {called} is longer than the {longest} characters of ConnectWise and is left out.")
        return None

    def warn(self, sentence: str) -> None:
        """Keep a sentence that a person should read before the record is made."""
        self.warnings.append(sentence)
