"""Changes and describes file trees as tree-process.ts asks for it: one JSON request a line, one JSON answer a line.

It shares no code with Coffre, so that what Coffre reads or writes wrongly is seen. Paths are text in which each byte that is not
UTF-8 is U+DC00 + byte, which is Python's `surrogateescape` and Coffre's `ByteString` alike.
"""

import errno
import hashlib
import json
import os
import random
import shutil
import stat
import sys

PIECE_BYTES = 1 << 20


def path_of(text):
    return text.encode('utf-8', 'surrogateescape')


def text_of(path):
    return path.decode('utf-8', 'surrogateescape')


# Content: a list of pieces [kind, bytes, seed], the same bytes for the same list.


def content_of(pieces):
    for kind, length, seed in pieces:
        if kind == 'random':
            yield random.Random(seed).randbytes(length)
        elif kind == 'zeros':
            yield bytes(length)
        elif kind == 'text':
            source = random.Random(seed)
            lines = [('%x the same words over and over, line %x\n' % (seed, n)).encode() for n in range(64)]
            yield b''.join(source.choices(lines, k=length // 40 + 1))[:length].ljust(length, b'.')
        else:
            raise ValueError(kind)


def write_pieces(file, pieces):
    for piece in pieces:
        if piece[0] == 'hole':
            file.seek(piece[1], os.SEEK_CUR)
        else:
            for content in content_of([piece]):
                file.write(content)


def rewrite(path, content):
    with open(path, 'r+b') as file:
        file.write(content)
        file.truncate()


# Changes: each takes the path and its operation's other fields.


def write(path, pieces):
    with open(path, 'wb') as file:
        write_pieces(file, pieces)
        file.truncate()


def edit(path, offset, pieces, keepTimes=False):
    before = os.lstat(path)
    with open(path, 'r+b') as file:
        file.seek(offset)
        write_pieces(file, pieces)
    if keepTimes:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def insert(path, offset, pieces):
    with open(path, 'rb') as file:
        content = file.read()
    rewrite(path, content[:offset] + b''.join(content_of(pieces)) + content[offset:])


def replace(path, pieces):
    temporary = path[: path.rindex(b'/')] + b'/.replacing'
    write(temporary, pieces)
    os.rename(temporary, path)


def remove(path):
    if stat.S_ISDIR(os.lstat(path).st_mode):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def set_times(path, seconds, nanoseconds):
    time = seconds * 10**9 + nanoseconds
    os.utime(path, ns=(time, time), follow_symlinks=False)


def set_attribute(path, name, value, optional=False):
    try:
        os.setxattr(path, path_of(name), bytes.fromhex(value), follow_symlinks=False)
    except OSError as error:
        if not (optional and error.errno in (errno.ENOTSUP, errno.EINVAL, errno.ENOSPC)):
            raise


def remove_attributes(path):
    for name in os.listxattr(path, follow_symlinks=False):
        if name.startswith('user.'):
            os.removexattr(path, name, follow_symlinks=False)


CHANGES = {
    'write': write,
    'edit': edit,
    'insert': insert,
    'replace': replace,
    'truncate': os.truncate,
    'remove': remove,
    'folder': os.mkdir,
    'copy': lambda path, source: shutil.copyfile(path_of(source), path),
    'rename': lambda path, source: os.rename(path_of(source), path),
    'link': lambda path, source: os.link(path_of(source), path, follow_symlinks=False),
    'symlink': lambda path, target: os.symlink(path_of(target), path),
    'fifo': os.mkfifo,
    'device': lambda path, kind, major, minor: os.mknod(
        path, (stat.S_IFCHR if kind == 'character' else stat.S_IFBLK) | 0o600, os.makedev(major, minor)
    ),
    'mode': os.chmod,
    'owner': os.lchown,
    'times': set_times,
    'attribute': set_attribute,
    'removeAttributes': remove_attributes,
}


def change(operations):
    for operation in operations:
        fields = dict(operation)
        name = fields.pop('do')
        CHANGES[name](path_of(fields.pop('path')), **fields)


# Description: everything that a backup has to bring back.

KINDS = {
    stat.S_IFREG: 'file',
    stat.S_IFDIR: 'folder',
    stat.S_IFLNK: 'symlink',
    stat.S_IFIFO: 'fifo',
    stat.S_IFBLK: 'block device',
    stat.S_IFCHR: 'character device',
    stat.S_IFSOCK: 'socket',
}


def describe(root):
    entries = {}
    names_by_inode = {}
    pending = [root]
    while pending:
        path = pending.pop()
        status = os.lstat(path)
        name = text_of(path[len(root) :].lstrip(b'/'))
        entries[name] = describe_one(path, status)
        if stat.S_ISDIR(status.st_mode):
            pending.extend(path + b'/' + child for child in os.listdir(path))
        elif status.st_nlink > 1:
            names_by_inode.setdefault((status.st_dev, status.st_ino), []).append(name)
    for names in names_by_inode.values():
        for name in names:
            if len(names) > 1:
                entries[name]['names'] = sorted(names)
    return entries


def describe_one(path, status):
    kind = stat.S_IFMT(status.st_mode)
    entry = {
        'kind': KINDS[kind],
        'mode': oct(stat.S_IMODE(status.st_mode)),
        'owner': '%d:%d' % (status.st_uid, status.st_gid),
        'mtime': '%d' % status.st_mtime_ns,
    }
    if kind == stat.S_IFREG:
        entry['size'] = status.st_size
        entry['sha256'] = digest(path)
    elif kind == stat.S_IFLNK:
        entry['target'] = text_of(os.readlink(path))
    elif kind in (stat.S_IFBLK, stat.S_IFCHR):
        entry['device'] = '%d:%d' % (os.major(status.st_rdev), os.minor(status.st_rdev))
    try:
        attributes = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        attributes = []
    for name in attributes:
        entry['attribute ' + name] = os.getxattr(path, name, follow_symlinks=False).hex()
    return entry


def digest(path):
    digester = hashlib.sha256()
    with open(path, 'rb', buffering=0) as file:
        while piece := file.read(PIECE_BYTES):
            digester.update(piece)
    return digester.hexdigest()


def answer(request):
    try:
        if 'change' in request:
            change(request['change'])
            return {}
        return {'entries': describe(path_of(request['describe']))}
    except Exception as error:
        return {'error': '%s: %s' % (type(error).__name__, error)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
