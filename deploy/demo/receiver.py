"""Prints the alerts that Alertmanager sends to its webhook.

    python3 deploy/demo/receiver.py 127.0.0.1 9095

Stands for a pager or a chat in the demo. The standard library is all it needs.
"""

import http.server
import json
import sys


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes one notification and prints its alerts."""

    def do_POST(self):  # noqa: N802, the name is http.server's
        """Answers Alertmanager."""
        notification = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in notification["alerts"]:
            labels, notes = alert["labels"], alert["annotations"]
            where = " ".join(labels[name] for name in ("model", "version", "instance") if name in labels)
            print(f"\n[{alert['status'].upper()}] {labels.get('severity', '')} {labels['alertname']} {where}")
            for note in ("summary", "description", "runbook_url"):
                if note in notes:
                    print("    " + notes[note].strip().replace("\n", "\n    "))
        sys.stdout.flush()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Requests are not worth a line."""


if __name__ == "__main__":
    try:
        http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Receiver).serve_forever()
    except KeyboardInterrupt:
        pass
