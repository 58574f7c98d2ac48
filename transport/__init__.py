"""LAYER 1: pooled HTTP with time-outs, what is known of delivery, the rate limiter, decimal JSON and redaction."""

from transport.delivery import DeliveryFailed, SendWindowClosed
from transport.limiter import LimiterPaused, RateLimiter
from transport.redaction import Secret
from transport.repeats import Repeats
from transport.session import AnswerCutOff, Reply, Timeouts, Transport

__all__ = [
    "AnswerCutOff",
    "DeliveryFailed",
    "LimiterPaused",
    "RateLimiter",
    "Repeats",
    "Reply",
    "Secret",
    "SendWindowClosed",
    "Timeouts",
    "Transport",
]
