"""A proxy with TLS in front of popug's programs, each under a host name of its own: nginx, with a certificate for an hour.

proxy.py FOLDER PORT PROGRAM=PORT …

Browsers reach PROGRAM at https://PROGRAM.popug.test:PORT, where they take these names for this machine. Runs until it is told to end.
"""

import os
import subprocess
import sys

SERVER = """
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {program}.popug.test;
        ssl_certificate {folder}/proxy.crt;
        ssl_certificate_key {folder}/proxy.key;
        location / {{ proxy_pass http://127.0.0.1:{inner}; }}
    }}"""
CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
user root;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_buffering off;
    server {{ listen 127.0.0.1:{port} ssl default_server; ssl_certificate {folder}/proxy.crt; ssl_certificate_key {folder}/proxy.key; return 421; }}{servers}
}}
"""


def main():
    folder, port = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    programs = dict(pair.split("=") for pair in sys.argv[3:])
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=popug.test",
         "-addext", "subjectAltName=DNS:*.popug.test", "-keyout", f"{folder}/proxy.key", "-out", f"{folder}/proxy.crt"],
        check=True, capture_output=True,
    )
    servers = "".join(
        SERVER.format(port=port, program=program, inner=inner, folder=folder) for program, inner in programs.items()
    )
    configuration = CONFIGURATION.format(folder=folder, port=port, servers=servers)
    if os.geteuid() != 0:
        configuration = configuration.replace("user root;\n", "")
    with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as file:
        file.write(configuration)
    os.execvp("nginx", ["nginx", "-e", f"{folder}/nginx.log", "-p", folder, "-c", f"{folder}/nginx.conf"])


main()
