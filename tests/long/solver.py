"""Makes sets of patterns, and asks cvc5 about them. Run by `solver`."""

import json
import multiprocessing
import pathlib
import random
import re
import sys
import time

try:
    from re import _constants as sre, _parser as parser
except ImportError:  # before Python 3.11
    import sre_constants as sre
    import sre_parse as parser

EACH = 2  # how many seconds for a set
LOW, HIGH = 0x20, 0x7E  # the alphabet: printable bytes
START, END = "\x02", "\x03"  # around each text: what ^ and $ match
LINE = re.compile(r"^\s*(?:RewriteRule|RedirectMatch(?:\s+\w+)?|AliasMatch|ScriptAliasMatch|<LocationMatch)\s+(.*?)>?\s*$", re.I)


class Beyond(Exception):
    """A pattern that is not translated."""


def sets(samples: int, work: pathlib.Path) -> None:
    chance = random.Random(7)
    pools = []
    for file in sorted(pathlib.Path("tests").glob("[rs]e*/*/*.yaml")):
        pool = []
        for line in file.read_text().splitlines():
            found = LINE.match(line)
            text = found.group(1) if found else ""
            quoted = re.match(r'"([^"\\]*)"|([^\s"\']+)', text)
            pattern = quoted and (quoted.group(1) or quoted.group(2) or "").lstrip("!")
            if not pattern or not pattern.isascii():
                continue
            ignored = bool(re.search(r"\[[^\]]*\bNC\b[^\]]*\]\s*$", text))
            try:
                translate(pattern, ignored, Nothing())
            except (Beyond, re.error):
                continue
            pool.append([pattern, ignored])
        if pool:
            pools.append(pool)
    everything = [p for pool in pools for p in pool]
    made = {}
    for pool in pools:  # a line and those before it
        for at, pattern in enumerate(pool):
            made[json.dumps({"yes": [pattern], "no": pool[max(0, at - 4) : at]})] = None
    for _ in range(20 * samples):
        some = chance.sample(everything, chance.randint(2, 4))
        made[json.dumps({"yes": some[: len(some) - 1], "no": some[len(some) - 1 :]})] = None
    (work / "sets").write_text("".join(line + "\n" for line in made))


def translate(pattern: str, ignored: bool, t):
    """The marked texts in which a pattern matches, made by `t`."""
    return t.somewhere(parts(parser.parse(pattern, re.IGNORECASE if ignored else 0), ignored, t))


class Nothing:
    """Makes nothing: only to see whether a pattern can be translated."""

    def __getattr__(self, _):
        return lambda *_: None


def parts(tree, ignored: bool, t):
    done = []
    for op, value in tree:
        if op is sre.LITERAL:
            done.append(t.bytes(cased({value}, ignored)))
        elif op is sre.NOT_LITERAL:
            done.append(t.bytes(everything() - cased({value}, ignored)))
        elif op is sre.ANY:
            done.append(t.bytes(everything()))
        elif op is sre.IN:
            done.append(t.bytes(members(value, ignored)))
        elif op is sre.BRANCH:
            done.append(t.either([parts(branch, ignored, t) for branch in value[1]]))
        elif op is sre.SUBPATTERN:
            _, add, remove, inner = value
            done.append(parts(inner, (ignored or bool(add & re.IGNORECASE)) and not remove & re.IGNORECASE, t))
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            low, high, inner = value
            if any(o is sre.AT for o, _ in inner):
                raise Beyond
            done.append(t.repeat(parts(inner, ignored, t), low, None if high == sre.MAXREPEAT else int(high)))
        elif op is sre.AT and value is sre.AT_BEGINNING:
            done.append(t.text(START))
        elif op is sre.AT and value is sre.AT_END:
            done.append(t.text(END))
        else:
            raise Beyond(op)
    return t.row(done)


def everything() -> set:
    return set(range(LOW, HIGH + 1))


def cased(some: set, ignored: bool) -> set:
    both = {ord(c) for b in some if b < 128 for c in (chr(b).lower(), chr(b).upper())}
    return (some | both if ignored else some) & everything()


CATEGORIES = {
    sre.CATEGORY_DIGIT: {b for b in range(128) if chr(b).isdigit()},
    sre.CATEGORY_WORD: {b for b in range(128) if chr(b).isalnum() or b == 95},
    sre.CATEGORY_SPACE: {9, 10, 11, 12, 13, 32},
}
CATEGORIES |= {
    getattr(sre, f"CATEGORY_NOT_{name}"): everything() - CATEGORIES[getattr(sre, f"CATEGORY_{name}")]
    for name in ("DIGIT", "WORD", "SPACE")
}


def members(items, ignored: bool) -> set:
    found, negated = set(), False
    for op, value in items:
        if op is sre.NEGATE:
            negated = True
        elif op is sre.LITERAL:
            found.add(value)
        elif op is sre.RANGE:
            found |= set(range(value[0], value[1] + 1))
        elif op is sre.CATEGORY:
            found |= CATEGORIES[value]
        else:
            raise Beyond(op)
    found = cased(found, ignored)
    return everything() - found if negated else found


class Terms:
    """Regular expressions of cvc5."""

    def __init__(self):
        import cvc5

        self.kind = cvc5.Kind
        self.solver = cvc5.Solver()
        self.solver.setLogic("QF_SLIA")
        self.solver.setOption("re-inter-mode", "all")
        self.solver.setOption("strings-regexp-inclusion", "true")
        self.any = self.repeat(self.bytes(everything()), 0, None)

    def term(self, kind, *args):
        return self.solver.mkTerm(kind, *args)

    def text(self, text: str):
        return self.term(self.kind.STRING_TO_REGEXP, self.solver.mkString(text))

    def bytes(self, some: set):
        ranges, row = [], sorted(some)
        while row:
            end = next((i for i in range(1, len(row)) if row[i] != row[i - 1] + 1), len(row))
            first, last = (self.solver.mkString(chr(row[i])) for i in (0, end - 1))
            ranges.append(self.term(self.kind.REGEXP_RANGE, first, last))
            row = row[end:]
        return self.either(ranges)

    def either(self, some):
        if not some:
            return self.term(self.kind.REGEXP_NONE)
        return some[0] if len(some) == 1 else self.term(self.kind.REGEXP_UNION, *some)

    def row(self, some):
        if not some:
            return self.text("")
        return some[0] if len(some) == 1 else self.term(self.kind.REGEXP_CONCAT, *some)

    def repeat(self, inner, low, high):
        if high is None:
            return self.row([inner] * low + [self.term(self.kind.REGEXP_STAR, inner)])
        return self.either([self.row([inner] * n) for n in range(low, high + 1)])

    def somewhere(self, inner):
        before = self.either([self.text(""), self.row([self.text(START), self.any])])
        return self.row([before, inner, self.either([self.text(""), self.row([self.any, self.text(END)])])])

    def solve(self, wanted: dict) -> str:
        x = self.solver.mkConst(self.solver.getStringSort(), "x")
        within = lambda language: self.term(self.kind.STRING_IN_REGEXP, x, language)
        self.solver.assertFormula(within(self.row([self.text(START), self.text("/"), self.any, self.text(END)])))
        for pattern in wanted["yes"]:
            self.solver.assertFormula(within(translate(*pattern, self)))
        for pattern in wanted["no"]:
            self.solver.assertFormula(self.term(self.kind.NOT, within(translate(*pattern, self))))
        found = self.solver.checkSat()
        return "found" if found.isSat() else "empty" if found.isUnsat() else "unknown"


def compare(samples: int, work: pathlib.Path) -> None:
    chance = random.Random(11)
    solved = [json.loads(line) for line in (work / "solved").read_text().splitlines()]
    of = lambda answer: [s for s in solved if s["answer"] == answer]
    empty, found = of("empty"), of("found")
    unknown = len(solved) - len(empty) - len(found)
    print(f"{len(solved)} sets: {len(empty)} proved empty, {len(found)} with a text, {unknown} unknown")
    for one in found:  # whatever cvc5 says, a text must do
        matches = lambda p: re.search(p[0], one["text"], re.IGNORECASE if p[1] else 0)
        if not all(map(matches, one["yes"])) or any(map(matches, one["no"])):
            sys.exit(f"the text is not as wanted: {json.dumps(one)}")
    # until there are enough that cvc5 can tell, or its time is over: a text is tried above, a proof is by nothing but this
    agree = differ = undecided = 0
    enough = True
    for answer, some, least, seconds in (("empty", empty, samples // 2, 210), ("found", found, samples // 20, 60)):
        told, until = 0, time.monotonic() + seconds
        for one, other in asked(chance.sample(some, min(2 * samples, len(some)))):
            told += other != "unknown"
            undecided += other == "unknown"
            agree += other == answer
            if other not in (answer, "unknown"):
                differ += 1
                print(f"differs: cvc5 says {other}: {json.dumps(one)}")
            if told >= samples // 2 or time.monotonic() > until:
                break
        enough = enough and told >= least
        print(f"{answer}: {told} that cvc5 could tell", flush=True)
    print(f"cvc5 agrees on {agree} of {agree + differ}, and could not tell {undecided}")
    sys.exit(differ > 0 or not enough)


def asked(sets: list):
    """What cvc5 says of each, two at a time. Its own limit of time is not kept everywhere: each is a process, which is ended."""
    import cvc5  # once for all of them

    assert cvc5
    fork = multiprocessing.get_context("fork")
    for at in range(0, len(sets), 2):
        running = []
        for one in sets[at : at + 2]:
            out, into = fork.Pipe(False)
            process = fork.Process(target=tell, args=(one, into))
            process.start()
            running.append((one, process, out))
        until = time.monotonic() + EACH
        for one, process, out in running:
            said = out.recv() if out.poll(max(0, until - time.monotonic())) else "unknown"
            process.kill()
            process.join()
            yield one, said


def tell(one: dict, into) -> None:
    into.send(Terms().solve(one))


if __name__ == "__main__":
    {"sets": sets, "compare": compare}[sys.argv[1]](int(sys.argv[2]), pathlib.Path(sys.argv[3]))
