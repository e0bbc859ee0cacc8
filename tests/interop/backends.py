"""The systems of a site for real: a PostgreSQL server and an OpenLDAP server in a folder each."""

import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from appliance.system.certificates import issue, make_authority

PASSWORD = "correct horse"


def program(name, *folders):
    """Return where a program is, newest version first, or skip the test."""
    found = shutil.which(name)
    for pattern in folders if found is None else ():
        places = sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
        found = next((str(place / name) for place in places if (place / name).exists()), None)
        if found:
            break
    if found is None:
        pytest.skip(f"{name} is not installed: apt install {folders[-1]}")
    return found


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def reachable(port, process=None, seconds=30):
    """Wait until somebody listens."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process is None or process.poll() is None, "it has ended"
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nobody listens")


class Postgres:
    """A cluster of its own, which can be stopped in every way that a server stops."""

    def __init__(self):
        places = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "postgresql")
        self._server = program("postgres", *places)
        self._initdb = program("initdb", *places)
        self.folder = Path(tempfile.mkdtemp(prefix="attendant-pg-"))
        self._as = []
        if os.geteuid() == 0:  # it refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = [
                program("setpriv", "util-linux"), f"--reuid={user.pw_uid}",
                f"--regid={user.pw_gid}", "--clear-groups",
            ]  # fmt: skip
        word = self.folder / "word"
        word.write_text(PASSWORD + "\n", "utf-8")
        subprocess.run(
            [*self._as, self._initdb, "-D", self.folder / "data", "-U", "attendant", "--no-sync",
             f"--pwfile={word}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        self.port = free_port()
        self.where = f"postgresql://127.0.0.1:{self.port}/postgres"
        self._process = None
        self.start()

    def start(self):
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as, self._server, "-D", self.folder / "data", "-p", str(self.port),
                 "-k", self.folder, "-h", "127.0.0.1", "-c", "shared_buffers=16MB"],
                stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        until = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self.folder / "log").read_text("utf-8")
                time.sleep(0.1)
            else:
                return

    def connect(self):
        """A connection of the test's own."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="attendant", password=PASSWORD,
            dbname="postgres", autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def run(self, *statements):
        """Carry statements out; return the rows of the last one."""
        with self.connect() as connection:
            for statement in statements:
                done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def kill(self):
        """End it at once, as a crash does: nothing is finished, nothing is said goodbye to."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def freeze(self):
        """Stop it where it stands: it takes connections and says nothing."""
        for process in self._family():
            os.kill(process, signal.SIGSTOP)

    def thaw(self):
        for process in self._family():
            os.kill(process, signal.SIGCONT)

    def _family(self):
        found = [self._process.pid]
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self._process.pid:
                found.append(int(path.parent.name))
        return found

    def close(self):
        if self._process.poll() is None:
            self.thaw()
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


SLAPD = """\
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
{modules}
pidfile {folder}/pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database {database}
suffix "dc=clinic,dc=example"
rootdn "cn=admin,dc=clinic,dc=example"
rootpw admin
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""
PEOPLE = """\
dn: dc=clinic,dc=example
objectClass: dcObject
objectClass: organization
o: Clinic
dc: clinic

dn: cn=box,dc=clinic,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: box
userPassword: {word}

dn: uid=anna,dc=clinic,dc=example
objectClass: inetOrgPerson
uid: anna
cn: Anna (Ward 3) Groß
sn: Groß
telephoneNumber: 200
telephoneNumber: 201

dn: uid=bernd,dc=clinic,dc=example
objectClass: inetOrgPerson
uid: bernd
cn: Bernd Meyer
sn: Meyer
mail: bernd@clinic.example
telephoneNumber: 202
"""


class Slapd:
    """An OpenLDAP server with two people, who are shown to those who have said who they are."""

    def __init__(self):
        sbin = ("/usr/sbin", "/usr/local/libexec", "slapd")
        self._server = program("slapd", *sbin)
        schema = next(
            (p for p in map(Path, ("/etc/ldap/schema", "/etc/openldap/schema")) if p.is_dir()), None
        )
        if schema is None:
            pytest.skip("the schemas of slapd are not installed: apt install slapd")
        self.folder = Path(tempfile.mkdtemp(prefix="attendant-ldap-"))
        (self.folder / "data").mkdir()
        authority = make_authority("Clinic")
        authority.write(self.folder, "ca")
        issue(authority, "127.0.0.1").write(self.folder, "server")
        self.authority = ssl.DER_cert_to_PEM_cert(authority.der)
        modules = next((p for p in Path("/usr").glob("lib*/**/ldap/back_mdb.la")), None) or next(
            (p for p in Path("/usr").glob("lib*/ldap/back_mdb*")), None
        )
        self._config = self.folder / "slapd.conf"
        self._config.write_text(
            SLAPD.format(
                schema=schema, folder=self.folder, database="mdb",
                modules=f"modulepath {modules.parent}\nmoduleload back_mdb" if modules else "",
            ),
            "utf-8",
        )  # fmt: skip
        (self.folder / "people.ldif").write_text(PEOPLE.format(word=PASSWORD), "utf-8")
        done = subprocess.run(
            [self._server, "-T", "add", "-f", self._config, "-l", self.folder / "people.ldif"],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.port, self.tls_port = free_port(), free_port()
        self.where = f"ldap://127.0.0.1:{self.port}"
        self.secure = f"ldaps://127.0.0.1:{self.tls_port}"
        self._process = None
        self.start()

    def start(self):
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._server, "-f", self._config, "-d", "0", "-h", f"{self.where} {self.secure}"],
                stdout=log, stderr=log,
            )  # fmt: skip
        reachable(self.port, self._process)

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        self._process.kill()
        self._process.wait(30)

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
