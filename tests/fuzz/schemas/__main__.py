"""python3 tests/fuzz/schemas --socket DIR --port N --program FILE [--pairs N] [--seed S] ...

Pairs of random schemas, each judged in both directions. What fails is made small and left in a folder:
old.sql, new.sql, why. The same seed and number make the same pair."""
import argparse
import os
import sys
import time

import grow
from database import Server
from judge import Failure, Judge
from shrink import Shrinker
from wire import Refused


def options():
    parser = argparse.ArgumentParser(prog="schemas")
    parser.add_argument("--socket", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--compare", help="command that compares the dumps of two databases")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--first", type=int, default=1, help="number of the first pair")
    parser.add_argument("--step", type=int, default=1, help="every so many-th: for several at a time")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--dumps", type=int, default=10, help="dumps are compared for every so many-th pair; 0: never")
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long")
    parser.add_argument("--most", type=int, default=10, help="stop after so many failures")
    parser.add_argument("--focus", default="", help="kinds to be made more often: Publication,EventTrigger,renamed,interrupted")
    parser.add_argument("--keep", default="", help="folder for what fails")
    parser.add_argument("--print", action="store_true", help="only show the first pair")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--files", nargs=2, metavar=("OLD", "NEW"), help="judge these instead")
    return parser.parse_args()


def text(statements):
    return "".join(f"{s};\n" for s in statements)


def keep(folder, old, new, failure, said):
    os.makedirs(folder, exist_ok=True)
    why = "\n".join([str(failure), *said.get(failure.way, []), "", failure.sql])
    for name, content in (("old.sql", text(old)), ("new.sql", text(new)), ("why", why)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(content)


def one(judge, args, number, old, new, said, kept):
    """Judges a pair; a failure is made small, kept and shown. True: it converges; None: it was none to judge."""
    dump = args.dumps and number % args.dumps == 0
    judge.options = [["--online=auto"], ["--online=always"]][number % 4 == 3]
    judge.said, judge.kept = said, kept
    try:
        judge.judge(old, new, ways=tuple(said), dump=dump)
        return True
    except Refused as error:
        refused = [s for side in (old, new) for s in side if str(s) not in map(str, judge.databases["work"].load_what_can(side))]
        print(f"pair {number}: does not load: {error}\n{refused[0] if refused else ''}", flush=True)
        return None
    except Failure as error:
        failure = error
    shrunk = None
    if not args.no_shrink:
        shrinker = Shrinker(judge, failure, dump)
        shrunk = shrinker.shrink(old, new)
        if shrunk:
            (old, new), failure = shrunk, shrinker.last
    print(f"pair {number}: {failure}", *said.get(failure.way, []), flush=True)
    if args.keep:
        keep(os.path.join(args.keep, f"{args.seed}-{number}"), old, new, failure, said)
    if shrunk:
        print(f"-- old\n{text(old)}-- new\n{text(new)}", flush=True)
    return False


def files(judge, args):
    """A pair that lies in files."""
    sides = []
    for path in args.files:
        with open(path, encoding="utf-8") as file:
            sides.append([file.read()])
    args.no_shrink, args.dumps = True, 1
    return 0 if one(judge, args, 1, *sides, dict.fromkeys(grow.BOTH, []), {}) else 1


def main():
    args = options()
    server = Server(args.socket, args.port)
    judge = Judge(server, args.program, f"random_{os.getpid()}", args.compare and args.compare.split())
    started, done, failed = time.monotonic(), 0, 0
    try:
        if args.files:
            return files(judge, args)
        for number in range(args.first, args.first + args.pairs, args.step):
            pair = grow.pair(args.seed, number, server.version, server.extensions, args.focus.split(","))
            old, new = [list(world.statements()) for world in (pair.old, pair.new)]
            if args.print:
                print(f"-- old\n{text(old)}\n-- new\n{text(new)}")
                return 0
            verdict = one(judge, args, number, old, new, pair.said, pair.kept)
            done += verdict is not None
            failed += verdict is False
            if failed >= args.most or (args.seconds and time.monotonic() - started > args.seconds):
                break
    finally:
        judge.close()
    seconds = time.monotonic() - started
    print(f"seed {args.seed}, pairs {args.first} to {number}: {done - failed} of {done} converge in both directions; "
          f"{judge.refused} ways without rows, since rows stood against; {done / seconds:.2f} pairs a second", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
