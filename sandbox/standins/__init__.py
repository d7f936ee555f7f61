"""Stand-ins of the outside services: real HTTP servers that speak their wire contracts, faults included."""

from sandbox.standins.faults import BadFaultError
from sandbox.standins.standins import Standins
from sandbox.standins.vendor import Reply, Request, Vendor

__all__ = ["BadFaultError", "Reply", "Request", "Standins", "Vendor"]
