"""A wave server of Earthworm on this machine, of the two requests that obspy makes."""

import socketserver
import struct
import threading

import numpy as np

PACKET = 100  # samples


class WaveServer:
    """Serves a stream in packets, as a tank of Earthworm holds it.

    Attributes
    ----------
    asked : list of str
        The requests.
    """

    def __init__(self, stream):
        self.stream = stream
        self.asked = []
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.tanks = self
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def menu(self):
        """Return the line with all tanks."""
        words = []
        for pin, trace in enumerate(self.stream):
            times = trace.stats.starttime.timestamp, trace.stats.endtime.timestamp
            words += [pin, *codes_of(trace), *map("{:.6f}".format, times), "i4"]
        return " ".join(map(str, words))

    def packets(self, codes, start, end):
        """Return the flag and the packets that meet an interval."""
        found = [trace for trace in self.stream if codes_of(trace) == codes]
        if not found:
            return "FN", b""
        parts = []
        for trace in found:
            times = trace.times("timestamp")
            for at in range(0, trace.stats.npts, PACKET):
                part = slice(at, at + PACKET)
                if times[part][-1] >= start and times[part][0] <= end:
                    parts.append(packet(trace, times[part], trace.data[part]))
        return ("F" if parts else "FG"), b"".join(parts)


def codes_of(trace):
    """Return station, channel, network and location, which Earthworm names so."""
    stats = trace.stats
    return [stats.station, stats.channel, stats.network, stats.location or "--"]


def packet(trace, times, samples):
    """Return a packet of the type TraceBuf2."""
    station, channel, network, location = map(str.encode, codes_of(trace))
    head = 0, len(samples), times[0], times[-1], trace.stats.sampling_rate
    codes = station, network, channel, location, b"20", b"i4", b"", b""
    header = struct.pack("<2i3d7s9s4s3s2s3s2s2s", *head, *codes)
    return header + samples.astype("<i4").tobytes()


class Handler(socketserver.StreamRequestHandler):
    """Serves one request."""

    def handle(self):
        tanks = self.server.tanks
        line = self.rfile.readline().decode().strip()
        tanks.asked.append(line)
        kind, name, *words = line.split()
        if kind == "MENU:":
            self.wfile.write(f"{name} {tanks.menu()}\n".encode())
            return
        assert kind == "GETSCNLRAW:", line
        *codes, start, end = words
        flag, content = tanks.packets(codes, float(start), float(end))
        about = f"{name} 0 {' '.join(codes)} {flag}"
        if flag == "F":
            about += f" i4 {start} {end} {len(content)}"
        self.wfile.write(f"{about}\n".encode() + content)


def whole_numbers(trace):
    """Let a trace hold integers of 32 bits, as digitizers send them."""
    trace.data = np.round(trace.data).astype(np.int32)
    return trace
