"""What is known about a request that got no usable answer."""

from typing import Literal

Delivery = Literal["not_sent", "maybe_sent"]


class DeliveryFailed(Exception):
    """No answer arrived; `delivery` says whether the server can have seen the request.

    `not_sent`: the connection was never opened, or `send_before` had passed: certainly nothing was carried out.
    `maybe_sent`: bytes left this process; the server may have carried the request out, now or in a moment.
    """

    def __init__(self, delivery: Delivery, reason: str) -> None:
        super().__init__(reason)
        self.delivery = delivery
        self.reason = reason


class SendWindowClosed(DeliveryFailed):
    """The caller's `send_before` passed while the request waited for the limiter or for a retry; nothing was sent."""

    def __init__(self) -> None:
        super().__init__("not_sent", "the time in which this request might be sent has passed")
