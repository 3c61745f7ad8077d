"""A data centre on this machine: a dataselect server, and documents."""

import io
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

INDEX = """
CREATE TABLE tsindex (network TEXT, station TEXT, location TEXT, channel TEXT,
quality TEXT, starttime TEXT, endtime TEXT, samplerate REAL, filename TEXT,
byteoffset INTEGER, bytes INTEGER, hash TEXT, timeindex TEXT, timespans TEXT,
timerates TEXT, format TEXT, filemodtime TEXT, updated TEXT, scanned TEXT)
"""
TIME = "%Y-%m-%dT%H:%M:%S.%f"


def write_index(file, waveforms):
    """Index miniSEED files for the server; return the traces without samples."""
    from obspy import read

    traces, rows = [], []
    for path in waveforms:
        start = 0
        for trace in read(str(path), format="MSEED", headonly=True, details=True):
            stats = trace.stats
            size = stats.mseed.number_of_records * stats.mseed.record_length
            times = stats.starttime.strftime(TIME), stats.endtime.strftime(TIME)
            codes = stats.network, stats.station, stats.location, stats.channel
            place = str(path), start, size
            rows.append((*codes, "D", *times, stats.sampling_rate, *place, *[""] * 8))
            traces.append(trace)
            start += size
        assert start == path.stat().st_size, path
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(INDEX)
        marks = ",".join("?" * 19)
        connection.executemany(
            f"INSERT INTO tsindex VALUES ({marks})", [row[:19] for row in rows]
        )
    return traces


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def dataselect_server(folder, waveforms):
    """Run portable-fdsnws-dataselect; gives its address and the traces that it has."""
    traces = write_index(folder / "index.sqlite", waveforms)
    port = free_port()
    (folder / "server.ini").write_text(
        "[index_db]\npath = index.sqlite\ntable = tsindex\n"
        "summary_table = summary\n"
        f"[server]\ninterface = 127.0.0.1\nport = {port}\n"
        "[logging]\npath = server.log\n"
    )
    command = [sys.executable, "-c"]
    code = "from portable_fdsnws_dataselect.server import main; main()"
    settings = str(folder / "server.ini")
    subprocess.run([*command, code, "-i", settings], check=True, capture_output=True)
    process = subprocess.Popen(
        [*command, code, settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            assert process.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", traces
    finally:
        process.terminate()
        process.wait()


def wadl(service):
    from obspy.clients.fdsn.header import DEFAULT_PARAMETERS

    names = "".join(
        f'<param name="{name}" style="query" type="xs:string"/>'
        for name in DEFAULT_PARAMETERS[service]
    )
    return (
        '<application xmlns="http://wadl.dev.java.network/2009/02"><resources '
        f'base="http://127.0.0.1/fdsnws/{service}/1"><resource path="query">'
        f'<method name="GET" id="query"><request>{names}</request></method>'
        "</resource></resources></application>"
    ).encode()


class Centre:
    """One address for all services; faults are answers that come before the true ones.

    Attributes
    ----------
    faults : list of callable
        Each takes a handler and the true answer, and answers one waveform request.
    asked : list of str
        The services that were asked, waveforms with their lines.
    """

    def __init__(self, dataselect, catalog, inventory):
        self.dataselect = dataselect
        self.catalog = catalog
        self.inventory = inventory
        self.faults = []
        self.asked = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.centre = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def events(self, query):
        chosen = self.catalog.filter(
            f"time >= {query['starttime']}", f"time <= {query['endtime']}"
        )
        if not len(chosen):
            return 204, b""
        content = io.BytesIO()
        chosen.write(content, format="QUAKEML")
        return 200, content.getvalue()

    def stations(self, query):
        limits = {
            name: float(query[name])
            for name in ("minlatitude", "maxlatitude", "minlongitude", "maxlongitude")
            if name in query
        }
        chosen = self.inventory.select(**limits)
        if not len(chosen):
            return 204, b""
        content = io.BytesIO()
        chosen.write(content, format="STATIONXML")
        return 200, content.getvalue()

    def waveforms(self, path, body):
        request = urllib.request.Request(self.dataselect + path, data=body)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


class Handler(BaseHTTPRequestHandler):
    """Answers from the documents, or passes on to the dataselect server."""

    def log_message(self, *_):
        pass

    def answer(self, code, body=b"", length=None):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        centre = self.server.centre
        service = url.path.split("/")[2]
        if url.path.endswith("application.wadl") and service != "dataselect":
            self.answer(200, wadl(service))
        elif url.path == "/fdsnws/event/1/query":
            centre.asked.append("event")
            self.answer(*centre.events(query))
        elif url.path == "/fdsnws/station/1/query":
            centre.asked.append("station")
            self.answer(*centre.stations(query))
        elif service == "dataselect":
            self.answer(*centre.waveforms(self.path, None))
        else:
            self.answer(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        centre = self.server.centre
        centre.asked.append(body.decode())
        true = centre.waveforms(self.path, body)
        if centre.faults:
            with suppress(ConnectionError):
                centre.faults.pop(0)(self, true)
        else:
            self.answer(*true)
