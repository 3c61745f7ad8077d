"""Requests to a data centre: repeated after errors, answers checked before use."""

import io
import time
from http.client import HTTPException

from ..io.read_waveforms import parse_stream
from ..io.safe_xml import BrokenDocumentError, read_document
from ..signal.waveform import RecordError


class ServiceError(ValueError):
    """A data centre that rejects a request, fails repeatedly or sends broken data."""


class TooLargeError(ServiceError):
    """A request that must be split."""


class _PassingError(Exception):
    """A failure that may pass."""


PASSING = (BrokenDocumentError, HTTPException, OSError, RecordError, _PassingError)


class Service:
    """The services of a data centre, with pauses between repeated requests.

    Parameters
    ----------
    client : obspy Client
        Its services.
    attempts : int
        How often a request is made that fails for a reason that may pass.
    pause : float
        Seconds before the second attempt; each further pause is twice as long.
    """

    def __init__(self, client, *, attempts, pause):
        self.client = client
        self.attempts = attempts
        self.pause = pause

    def events(self, **query):
        """Return the QuakeML document of a query, None where there are no events."""

        def parse(data):
            return read_document(data, "quakeml")[0]

        return self._ask(self.client.get_events, query, parse)

    def stations(self, **query):
        """Return the StationXML document of a query, None where there is none."""

        def parse(data):
            return read_document(data, "FDSNStationXML")[0]

        return self._ask(self.client.get_stations, query, parse)

    def waveforms(self, bulk):
        """Return the Stream of a bulk request, None where there are no data."""

        def parse(data):
            return parse_stream(data, "the answer")

        return self._ask(self.client.get_waveforms_bulk, {"bulk": bulk}, parse)

    def _ask(self, method, query, parse):
        """Make a request until it is answered or the attempts are used up."""
        reason = None
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                return self._ask_once(method, query, parse)
            except PASSING as error:
                reason = error
        raise ServiceError(
            f"{method.__name__} failed {self.attempts} times, at last because: {reason}"
        ) from reason

    def _ask_once(self, method, query, parse):
        """Make a request once."""
        from obspy.clients.fdsn import header

        content = io.BytesIO()
        try:
            method(filename=content, **query)
        except header.FDSNNoDataException:
            return None
        except header.FDSNRequestTooLargeException as error:
            raise TooLargeError(str(error)) from error
        except (
            header.FDSNTimeoutException,
            header.FDSNTooManyRequestsException,
            header.FDSNInternalServerException,
            header.FDSNBadGatewayException,
            header.FDSNServiceUnavailableException,
        ) as error:
            raise _PassingError(str(error)) from error
        except header.FDSNException as error:
            if type(error) is header.FDSNException:  # no answer, or an unknown code
                raise _PassingError(str(error)) from error
            raise ServiceError(f"{method.__name__}: {error}") from error
        data = content.getvalue()
        return parse(data) if data else None
