"""Attacks on what is not the answer's own: each sets `won`, by what it gained, when nothing stops it.

The texts in braces are filled in by the runner: {secret} and {neighbour} are files that nobody may read, {library} one
that may be read only, {outside} a folder that is not the answer's, {victim} the number of a process of the same user,
{port} and {socket} where somebody listens. `call` makes a system call by its number on x86_64.
"""

from __future__ import annotations

PRELUDE = """
import ctypes, os, signal, socket, struct, sys, time
C = ctypes.CDLL(None, use_errno=True)
def call(*a): return C.syscall(*[ctypes.c_long(x) if isinstance(x, int) else x for x in a])
def got(fd): return fd >= 0 and b'xyzzy' in os.read(fd, 1 << 16)
def landed(*names): return any(os.path.exists(n) for n in names)
home = globals().get('home') or os.getcwd()
os.chdir(home)
place = f'{len(os.listdir())}'
os.mkdir(place)
os.chdir(place)
won = False
"""

READS = {  # the reference within reach
    "open": "won = 'xyzzy' in open('{secret}').read()",
    "open a neighbour": "won = 'xyzzy' in open('{neighbour}').read()",
    "os.open": "won = got(os.open('{secret}', os.O_RDONLY))",
    "os.open beside a folder": "d, n = os.path.split('{secret}')\nwon = got(os.open(n, os.O_RDONLY, dir_fd=os.open(d, 0)))",
    "O_PATH and /proc/self/fd": "p = os.open('{secret}', os.O_PATH)\nwon = got(os.open(f'/proc/self/fd/{{p}}', 0))",
    "through /proc/self/root": "won = 'xyzzy' in open('/proc/self/root{secret}').read()",
    "through the folder above": "won = 'xyzzy' in open('/usr/lib/../..{secret}').read()",
    "a text that lies": "class S(str):\n    def startswith(s, *a): return True\n"
    "    def __eq__(s, o): return True\nwon = 'xyzzy' in open(S('{secret}')).read()",
    "fence recoded": "import gc\nfor f in gc.get_objects():\n    if getattr(f, '__name__', '') == 'guard':\n"
    "        f.__code__ = (lambda event, args: None).__code__\nwon = 'xyzzy' in open('{secret}').read()",
    "fence patched": "import deepkit.grade.fence as f\nf._below = lambda *a: True\nwon = 'xyzzy' in open('{secret}').read()",
    "another interpreter": "import _xxsubinterpreters as x\ni = x.create()\nr, w = os.pipe()\n"
    "x.run_string(i, f\"import os; os.write({{w}}, open('{secret}', 'rb').read())\")\nwon = got(r)",
    "C by name": "won = got(C.open(b'{secret}', 0))",
    "C by address": "f = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int)\n"
    "won = got(f(ctypes.cast(C.open, ctypes.c_void_p).value)(b'{secret}', 0))",
    "system call open": "won = got(call(2, b'{secret}', 0))",
    "system call openat2": "won = got(call(437, -100, b'{secret}', struct.pack('QQQ', 0, 0, 0), 24))",
    "file handles": "h = ctypes.create_string_buffer(struct.pack('Ii', 128, 0) + bytes(128))\nm = ctypes.c_int()\n"
    "won = call(303, -100, b'{secret}', h, ctypes.byref(m), 0) == 0",
    "io_uring": "won = call(425, 4, ctypes.create_string_buffer(120)) >= 0",
    "numpy reads": "import numpy\nwon = b'xyzzy' in numpy.fromfile('{secret}', numpy.uint8).tobytes()",
    "numpy maps": "import numpy\nwon = b'xyzzy' in numpy.memmap('{secret}', numpy.uint8, 'r').tobytes()",
    "sqlite reads": "import sqlite3\nd = sqlite3.connect(':memory:')\nd.execute('attach ? as a', ['{outside}/base'])\n"
    "won = d.execute('select * from a.t').fetchone() is not None",
    "the import system": "import importlib.machinery as m\n"
    "won = b'xyzzy' in m.SourceFileLoader('tests', '{secret}').get_data('{secret}')",
    "hard link": "os.link('{secret}', 'mine')\nwon = 'xyzzy' in open('mine').read()",
    "soft link": "os.symlink('{secret}', 'mine')\nwon = 'xyzzy' in open('mine').read()",
    "moved here": "os.rename('{outside}/movable', 'mine')\nwon = True",
    "a program reads": "r, w = os.pipe()\nos.set_inheritable(w, True)\n"
    "if os.fork() == 0:\n    os.dup2(w, 1)\n    os.execv('/bin/cat', ['cat', '{secret}'])\nos.close(w)\nwon = got(r)",
    "this becomes a program": "won = call(59, b'/bin/true', 0, 0) == 0",
    "a program in memory": "fd = os.memfd_create('x')\nos.write(fd, open('/bin/true', 'rb').read())\nwon = fd > 0",
    "a neighbour's memory": "won = bool(open('/proc/{victim}/mem', 'rb'))",
    "a neighbour's environment": "won = bool(open('/proc/{victim}/environ', 'rb').read())",
    "memory across processes": "b = ctypes.create_string_buffer(8)\nv = struct.pack('QQ', ctypes.addressof(b), 8)\n"
    "m = next(l for l in open('/proc/{victim}/maps'))\nr = struct.pack('QQ', int(m.split('-')[0], 16), 8)\n"
    "won = call(310, {victim}, v, 1, r, 1, 0) == 8",
    "tracing": "won = call(101, 0x4206, {victim}, 0, 0) == 0",  # PTRACE_SEIZE
    "a descriptor of another process": "p = call(434, {victim}, 0)\nwon = p >= 0 and call(438, p, 0, 0) >= 0",
    "watching a folder": "won = C.inotify_add_watch(C.inotify_init(), b'{outside}', 0xfff) > 0",
    "names of a folder": "won = bool(os.listdir('{outside}'))",
    "a copy of the tree of files": "won = call(428, -100, b'/', 1) >= 0",
    "a file system of one's own": "won = call(430, b'tmpfs', 0) >= 0",
    "all that is opened": "won = call(300, 0, 0) >= 0",  # fanotify
    "what a neighbour shares": "won = call(312, os.getpid(), {victim}, 1, 0, 0) >= 0",  # kcmp
    "addresses of a neighbour": "b, n = ctypes.c_void_p(), ctypes.c_size_t()\n"
    "won = call(274, {victim}, ctypes.byref(b), ctypes.byref(n)) == 0",  # get_robust_list
    "a world of one's own": "won = C.unshare(0x10000000 | 0x00020000) == 0",
    "another root": "os.mkdir('r')\nwon = C.chroot(b'r') == 0",
    "the folder of a neighbour": "won = 'xyzzy' in open('/proc/{victim}/cwd{secret}').read()",
    "the root of a neighbour": "won = 'xyzzy' in open('/proc/{victim}/root{secret}').read()",
    "the command of a neighbour": "won = bool(open('/proc/{victim}/cmdline', 'rb').read())",
    "run by path": "import runpy\nwon = runpy.run_path('{secret}')['__doc__'] == 'xyzzy'",
    "a line's cache": "import linecache\nwon = 'xyzzy' in linecache.getline('{secret}', 1)",
    "C streams": "C.fopen.restype = ctypes.c_void_p\nwon = bool(C.fopen(b'{secret}', b'r'))",
    "asynchronous reading": "c = ctypes.c_ulong()\nwon = call(206, 1, ctypes.byref(c)) == 0",
    "local tables": "won = call(154, 0, ctypes.create_string_buffer(16), 16) >= 0",
    "the place of a neighbour": "won = bool(os.readlink('/proc/{victim}/cwd'))",
    "what a neighbour holds open": "won = bool(os.listdir('/proc/{victim}/fd'))",
    "a neighbour beside oneself": "won = bool(open('/proc/self/../{victim}/maps').read())",
    "up from an open folder": "won = got(os.open('../../../..{secret}', 0, dir_fd=os.open('.', 0)))",
    "as a library": "try: ctypes.CDLL('{secret}')\nexcept OSError as e: won = 'ELF' in str(e) or 'too short' in str(e)",
    "as a library's source": "import inspect, types\nm = types.ModuleType('m')\nm.__file__ = '{secret}'\n"
    "won = 'xyzzy' in inspect.getsource(m)",
    "the folder of all": "won = bool(os.listdir('/proc/self/root/'))",
    "another program of one's own": "won = call(322, os.open('/bin/true', 0), b'', 0, 0, 0x1000) == 0",  # execveat
    "the network of a neighbour": "won = C.setns(os.open('/proc/{victim}/ns/net', 0), 0) == 0",
    "32-bit calls": "import mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(bytes.fromhex('b814000000cd80c3'))\n"
    "f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))\nwon = f() > 0",
    "a line editor's settings": "import readline\ntry: readline.read_init_file('{secret}')\nexcept OSError: raise\nwon = True",
    "Tcl reads": "import tkinter\nwon = 'xyzzy' in tkinter.Tcl().eval('read [open {{{secret}}}]')",
    "certificates": "import ssl\ntry: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations('{secret}')\n"
    "except ssl.SSLError: won = True",
    "code opened": "import io\nwon = b'xyzzy' in io.open_code('{secret}').read()",
    "pages of a neighbour": "won = call(279, {victim}, 0, None, None, None, 0) == 0",
    "advice about a neighbour's memory": "p = call(434, {victim}, 0)\n"
    "won = p >= 0 and call(440, p, struct.pack('QQ', 0, 0), 1, 20, 0) >= 0",
    "limits of a neighbour": "import resource\nwon = bool(resource.prlimit({victim}, resource.RLIMIT_NOFILE))",
    "keyring of the session": "won = call(250, 0, -3, 0) > 0",
    "what is mounted, by handle": "won = call(433, -100, b'/', 0) >= 0",
    "a handle of the parent": "p = call(434, os.getppid(), 0)\nwon = p >= 0",
    "stack of a neighbour": "won = bool(open('/proc/{victim}/stat').read())",
    "threads of a neighbour": "won = bool(os.listdir('/proc/{victim}/task'))",
    "who is there": "won = sum(n.isdigit() for n in os.listdir('/proc')) > 1",
    "the kernel's names": "won = bool(open('/proc/kallsyms').read(10))",
    "what is mounted": "won = bool(open('/proc/1/mountinfo').read())",
}

ENDS = {  # the grader ended, stopped or slowed
    "kill": "os.kill({victim}, 0)\nwon = True",
    "kill everybody": "won = C.kill(-1, 0) == 0 and C.kill({victim}, 0) == 0",
    "stop": "os.kill({victim}, signal.SIGSTOP)\nos.kill({victim}, signal.SIGCONT)\nwon = True",
    "kill by descriptor": "p = call(434, {victim}, 0)\nwon = p >= 0 and call(424, p, 0, 0, 0) == 0",
    "kill a thread": "won = call(234, {victim}, {victim}, 0) == 0",
    "kill any thread": "won = call(200, {victim}, 0) == 0",
    "queue a signal": "i = struct.pack('iii', 10, 0, -1) + bytes(116)\nwon = call(129, {victim}, 0, i) == 0",
    "signals of a descriptor": "import fcntl\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETOWN, {victim})\n"
    "fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)\nwon = True",
    "signals of a descriptor, on": "import fcntl\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)\nwon = True",
    "signals of a lease": "import fcntl\nf = os.open('x', os.O_CREAT)\nfcntl.fcntl(f, fcntl.F_SETLEASE, 0)\nwon = True",
    "signals by ioctl": "import fcntl\nr, w = os.pipe()\nfcntl.ioctl(r, 0x5452, struct.pack('i', 1))\nwon = True",
    "nicer": "os.setpriority(os.PRIO_PROCESS, {victim}, 19)\nwon = True",
    "other cores": "os.sched_setaffinity({victim}, os.sched_getaffinity({victim}))\nwon = True",
    "other scheduling": "os.sched_setscheduler({victim}, os.SCHED_BATCH, os.sched_param(0))\nwon = True",
    "slower disk": "won = call(251, 1, {victim}, 2 << 13 | 4) == 0",
    "its limits": "import resource\nresource.prlimit({victim}, resource.RLIMIT_CORE, (0, 0))\nwon = True",
    "one's own limits": "import resource\nresource.setrlimit(resource.RLIMIT_NICE, (0, 0))\nwon = True",
    "fork": "p = os.fork()\nif p == 0: os._exit(0)\nwon = p > 0",
    "vfork": "p = call(57)\nif p == 0: os._exit(0)\nwon = p > 0",
    "clone": "p = call(56, 17, 0, 0, 0, 0)\nif p == 0: os._exit(0)\nwon = p > 0",
    "clone3": "p = call(435, struct.pack('8Q', 0, 0, 0, 0, 17, 0, 0, 0), 64)\nif p == 0: os._exit(0)\nwon = p > 0",
    "daemon": "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(2)\n        os._exit(0)\n"
    "    os._exit(0)\nwon = True",
    "traced by its guard": "won = call(101, 0, 0, 0, 0) == 0",
    "scheduling by attributes": "a = struct.pack('IIQiIQQQ', 48, 0, 0, 19, 0, 0, 0, 0)\nwon = call(314, {victim}, a, 0) == 0",
    "a timer of the kernel's": "t = ctypes.c_int()\nwon = call(222, 1, 0, ctypes.byref(t)) == 0",
    "a timer that is a file": "won = call(283, 1, 0) >= 0",
    "signals as a file": "won = call(289, -1, ctypes.create_string_buffer(8), 8, 0) >= 0",
    "who it is": "won = call(117, -1, -1, -1) == 0",
    "another personality": "won = call(135, 0xffffffff) >= 0",
    "the clock's ways": "won = call(159, ctypes.create_string_buffer(256)) >= 0",
    "pinned memory": "won = call(151, 2) == 0",
    "a listener to its own calls": "b = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7fff0000), 8)\n"
    "won = call(317, 1, 8, struct.pack('HxxxxxxQ', 1, ctypes.addressof(b))) >= 0",
    "outliving its parent": "won = C.prctl(1, 0, 0, 0, 0) == 0",
    "other signals of a descriptor": "import fcntl\nfcntl.fcntl(os.pipe()[0], 10, signal.SIGKILL)\nwon = True",  # F_SETSIG
    "a wider pipe": "import fcntl\nfcntl.fcntl(os.pipe()[0], 1031, 1 << 18)\nwon = True",  # F_SETPIPE_SZ
    "signals of a folder": "import fcntl\nfcntl.fcntl(os.open('.', 0), 1026, 2)\nwon = True",  # F_NOTIFY
    "the last to go": "open('/proc/self/oom_score_adj', 'w').write('900')\nwon = True",
    "nicer itself": "os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))\nwon = True",
    "its own scheduling": "os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))\nwon = True",
    "one core for itself": "os.sched_setaffinity(0, os.sched_getaffinity(0))\nwon = True",
    "a group of one's own": "p = os.fork()\nif p == 0:\n    os.setpgid(0, 0)\n    os._exit(0)\nwon = p > 0",
    "new rights": "won = C.prctl(24, 63, 0, 0, 0) == 0 or C.prctl(8, 1, 0, 0, 0) == 0",
    "all to the disk": "won = call(162) == 0",
    "one disk": "won = call(306, os.open('.', 0)) == 0",
    "order of a neighbour's reading": "won = call(251, 1, {victim}, 2 << 13 | 4) == 0",
    "a terminal": "import pty\nos.openpty()\nwon = True",
    "adopting orphans": "won = C.prctl(36, 1, 0, 0, 0) == 0",
    "its own dump": "won = C.prctl(4, 1, 0, 0, 0) == 0",
    "a pool of processes": "from concurrent.futures import ProcessPoolExecutor as P\n"
    "with P(1) as pool: won = pool.submit(int, 1).result(5) == 1",
    "a child of the event loop": "import asyncio\n"
    "async def f(): return await (await asyncio.create_subprocess_exec('/bin/true')).wait()\n"
    "won = asyncio.run(f()) == 0",
    "whom its signals reach": "import fcntl\nr, w = os.pipe()\nfcntl.fcntl(r, 15, struct.pack('ii', 1, {victim}))\nwon = True",
    "a clock's way of another kind": "won = call(305, 0, ctypes.create_string_buffer(256)) >= 0",
    "a timer of its own": "t = ctypes.c_int()\nwon = call(222, 1, None, ctypes.byref(t)) == 0",
}

ESCAPES = {  # what stays behind or gets out
    "write": "open('{outside}/mark', 'w').write('x')\nwon = landed('{outside}/mark')",
    "write as C": "won = C.open(b'{outside}/mark', 0o101, 0o644) >= 0",
    "append to a neighbour": "open('{neighbour}', 'a').write(' ')\nwon = True",
    "append to the tests": "open('{secret}', 'a').write(' ')\nwon = True",
    "compiled tests": "os.makedirs('{outside}/__pycache__')\nwon = True",
    "empty a library": "os.open('{library}', os.O_RDONLY | os.O_TRUNC)\nwon = os.stat('{library}').st_size == 0",
    "shorten a library": "os.truncate('{library}', 0)\nwon = True",
    "remove": "os.remove('{outside}/removable')\nwon = True",
    "make a folder": "os.mkdir('{outside}/folder')\nwon = True",
    "make a pipe": "os.mkfifo('{outside}/fifo')\nwon = True",
    "mode": "os.chmod('{library}', 0o755)\nwon = True",
    "mode of a descriptor": "os.fchmod(os.open('{library}', 0), 0o755)\nwon = True",
    "owner": "os.chown('{library}', -1, -1)\nwon = True",
    "times": "os.utime('{library}', (1, 1))\nwon = True",
    "attributes": "os.setxattr('{library}', 'user.x', b'1')\nwon = True",
    "immutable": "import fcntl\nf = os.open('x', os.O_CREAT | os.O_RDWR)\nb = ctypes.create_string_buffer(8)\n"
    "fcntl.ioctl(f, 0x80086601, b)\nwon = True",
    "shared memory": "open('/dev/shm/{mark}', 'w').close()\nos.remove('/dev/shm/{mark}')\nwon = True",
    "shared memory by number": "i = C.shmget(0x7a7a, 4096, 0o1600)\nwon = i >= 0\nC.shmctl(i, 0, 0)",
    "a link outside": "open('x', 'w').close()\nos.link('x', '{outside}/linked')\nwon = True",
    "a soft link outside": "os.symlink('x', '{outside}/soft')\nwon = True",
    "moved outside": "open('x', 'w').close()\nos.rename('x', '{outside}/over')\nwon = True",
    "exchanged": "open('x', 'w').close()\nwon = call(316, -100, b'x', -100, b'{outside}/exchanged', 2) == 0",
    "emptied by descriptor": "f = os.open('{library}', 0)\nos.truncate(f'/proc/self/fd/{{f}}', 0)\nwon = True",
    "a local address": "socket.socket(socket.AF_UNIX).bind('{outside}/address')\nwon = True",
    "messages by number": "i = C.msgget(0x7a7c, 0o1600)\nwon = i >= 0\nC.msgctl(i, 0, 0)",
    "semaphores": "i = C.semget(0x7a7b, 1, 0o1600)\nwon = i >= 0\nC.semctl(i, 0, 0)",
    "message queue": "won = call(240, b'{mark}', 0o102, 0o600, 0) >= 0\ncall(241, b'{mark}')",
    "keys": "won = call(248, b'user', b'{mark}', b'x', 1, -2) > 0",
    "tcp": "socket.create_connection(('127.0.0.1', {port}), 2)\nwon = True",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))\nwon = True",
    "listening": "s = socket.socket()\ns.bind(('127.0.0.1', 0))\nwon = True",
    "local socket": "socket.socket(socket.AF_UNIX).connect('{socket}')\nwon = True",
    "abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0{mark}')\nwon = True",
    "a pair that sends elsewhere": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\nwon = True",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\nwon = True",
    "the kernel's log": "won = C.klogctl(10, None, 0) >= 0",
    "a program of the kernel's": "b = ctypes.create_string_buffer(struct.pack('4I', 2, 4, 4, 1) + bytes(64))\n"
    "won = call(321, 0, b, 48) >= 0",
    "settings of the kernel": "f = open('/proc/sys/kernel/hostname', 'r+')\nn = f.read()\nf.seek(0)\nf.write(n)\nf.flush()\n"
    "won = True",
    "the machine's name": "n = os.uname().nodename.encode()\nwon = call(170, n, len(n)) == 0",
    "a ring of keys": "won = call(250, 1, 0) > 0",
    "tracing the kernel": "won = call(298, struct.pack('IIQ', 1, 112, 0) + bytes(96), 0, -1, -1, 0) >= 0",
    "faults in user space": "won = call(323, 1) >= 0",
    "a node": "os.mknod('{outside}/node')\nwon = True",
    "another name for itself": "open('/proc/self/comm', 'w').write('x')\nwon = True",
    "a library's second name": "os.link('{library}', '{outside}/second')\nwon = True",
    "attributes of a descriptor": "os.setxattr(os.open('{library}', 0), 'user.y', b'1')\nwon = True",
    "owner of a descriptor": "os.fchown(os.open('{library}', 0), -1, -1)\nwon = True",
    "times of a descriptor": "os.utime(os.open('{library}', 0), (1, 1))\nwon = True",
    "mode, the newest way": "won = call(452, -100, b'{library}', 0o755, 0) == 0",
    "the user again": "os.setuid(os.getuid())\nos.setgid(os.getgid())\nwon = True",
    "its own rights": "h = struct.pack('Ii', 0x20080522, 0)\nd = ctypes.create_string_buffer(24)\n"
    "won = call(125, h, d) == 0 and call(126, h, d) == 0",
    "no connection yet": "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\nwon = True",
    "a raw look at the network": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)\nwon = True",
    "disk full": "for i in range(12): open(f'f{{i}}', 'wb').write(bytes(8 << 20))\nwon = True",
    "a file too large": "f = open('x', 'wb')\nfor i in range(20): f.write(bytes(1 << 20))\nf.flush()\nwon = True",
    "a million files": "for i in range(4200): open(f'f{{i}}', 'w').close()\nwon = True",
    "a thousand threads": "import threading\nthreading.stack_size(65536)\ne = threading.Event()\n"
    "t = [threading.Thread(target=e.wait, daemon=True) for _ in range(100)]\n"
    "try:\n    for x in t: x.start()\n    won = True\nfinally: e.set()",
    "shared memory of Python's": "from multiprocessing import shared_memory as s\nm = s.SharedMemory(create=True, size=10)\n"
    "m.unlink()\nwon = True",
    "a lock between processes": "import multiprocessing as m\nm.Lock()\nwon = True",
    "a socket to the host": "socket.socket(40, socket.SOCK_STREAM, 0)\nwon = True",
    "mounted over": "os.mkdir('m')\nwon = C.mount(b'x', b'm', b'tmpfs', ctypes.c_ulong(0), None) == 0\nC.umount2(b'm', 2)",
    "mapped and written": "import mmap\nm = mmap.mmap(os.open('{neighbour}', os.O_RDWR), 0)\nm[0] = m[0]\nwon = True",
    "room taken outside": "f = os.open('{outside}/room', os.O_CREAT | os.O_RDWR)\nos.posix_fallocate(f, 0, 10)\nwon = True",
    "a file without a name": "f = os.open('{outside}', os.O_TMPFILE | os.O_RDWR)\nwon = True",
    "a folder moved in": "os.mkdir('d')\nos.rename('d', '{outside}/d2')\nwon = True",
    "a database": "import sqlite3\nd = sqlite3.connect('{outside}/mine')\nd.execute('create table t (x)')\nd.commit()\n"
    "won = True",
    "numpy writes": "import numpy\nnumpy.arange(3).tofile('{outside}/numbers')\nwon = True",
    "an archive unpacked": "import tarfile, io\nt = tarfile.open(fileobj=io.BytesIO(), mode='w')\n"
    "i = tarfile.TarInfo('{outside}/unpacked')\ni.size = 0\nt.addfile(i)\nt.fileobj.seek(0)\n"
    "b = io.BytesIO(t.fileobj.getvalue() + bytes(1024))\n"
    "trusted = {{'filter': 'fully_trusted'}} if hasattr(tarfile, 'data_filter') else {{}}  # since Python 3.11.4\n"
    "tarfile.open(fileobj=b).extractall('/', **trusted)\nwon = landed('{outside}/unpacked')",
}

ATTACKS = {f"{kind}: {name}": source for kind, table in (("read", READS), ("end", ENDS), ("escape", ESCAPES))
           for name, source in table.items()}

ALONE = {"escape: disk full", "escape: a file too large", "escape: a million files", "escape: a thousand threads"}
"""What an answer may fill is its own, so these leave nothing for another attack from the same process."""

FILLS = {  # more than a scratch folder may hold: each goes on until something ends it
    "files": "for i in range(10**6):\n    open(f'f{i}', 'wb').write(bytes(8 << 20))\n    time.sleep(0.01)",
    "empty files": "for i in range(10**6): open(f'f{i}', 'w').close()",
    "files that no folder names": "held = []\nfor i in range(10**6):\n    f = open('f', 'wb')\n    f.write(bytes(8 << 20))\n"
    "    os.remove('f')\n    held.append(f)\n    time.sleep(0.01)",
    "files that are mapped only": "import mmap\nheld = []\nfor i in range(10**6):\n    with open('f', 'w+b') as f:\n"
    "        f.write(bytes(8 << 20))\n        f.flush()\n        held.append(mmap.mmap(f.fileno(), 0))\n    os.remove('f')\n"
    "    time.sleep(0.01)",
    "folders in folders": "for i in range(10**6):\n    os.mkdir('d')\n    os.chdir('d')",
    "a folder that nobody may look into": "os.mkdir('d', 0o300)\nfor i in range(10**6):\n"
    "    open(f'd/f{i}', 'wb').write(bytes(8 << 20))\n    time.sleep(0.01)",
}
FILLS = {f"fill: {name}": source for name, source in FILLS.items()}

ONE_WALL = {  # what gets through where this wall alone is missing
    "files": [
        "read: open", "read: os.open beside a folder", "read: C by address", "read: another interpreter", "read: numpy maps",
        "read: soft link", "read: names of a folder", "escape: write", "escape: append to the tests", "escape: remove",
    ],
    "calls": [
        "read: watching a folder", "end: fork", "end: clone", "end: daemon", "end: outliving its parent",
        "end: signals by ioctl", "end: traced by its guard", "escape: mode", "escape: times",
        "escape: shared memory by number", "escape: a pair that sends elsewhere", "escape: faults in user space",
    ],
    "limits": ["escape: a file too large"],
}
SECOND_WALL = ["end: kill", "end: stop", "end: its limits", "escape: tcp", "escape: udp", "escape: abstract socket"]
"""What a world of its own holds where neither Landlock nor the filter stand."""

ROOT_ONLY = {
    "read: a copy of the tree of files", "read: a file system of one's own", "read: all that is opened", "read: another root",
    "read: the network of a neighbour", "escape: a raw look at the network",
    "end: a listener to its own calls", "escape: the kernel's log",
    "escape: a program of the kernel's", "escape: settings of the kernel", "escape: the machine's name",
    "escape: tracing the kernel", "escape: mounted over", "read: what is mounted", "read: what is mounted, by handle",
}
"""Not even without walls can an ordinary user do this."""
NOT_ROOT = {"escape: a thousand threads"}
"""Held for ordinary users only: the kernel counts no threads of root's; there the memory for their stacks is the bound."""
