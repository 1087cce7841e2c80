#!/usr/bin/python3 -B
# What a program of Python does for a second or so: arithmetic, calls, methods, dicts, strings, generators, sorting.
def arithmetic(n):
    total = 0
    for i in range(n):
        total = (total * 31 + i) % 1000003
        if total & 1:
            total ^= 5
    return total


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


class Point:
    def __init__(self, x):
        self.x = x

    def get(self):
        return self.x


def methods(n):
    return sum(Point(i).get() for i in range(n))


def dicts(n):
    found = {}
    for i in range(n):
        found[i % 977] = found.get(i % 977, 0) + i
        found["k%d" % (i % 10)] = i
    return len(found)


def strings(n):
    return sum(len(("name-" + str(i)).upper().replace("-", "_").split("_")[1]) for i in range(n))


def sorting(n):
    return [sorted((str(x * 7919 % 1000) for x in range(200)), key=lambda text: text[::-1])[0] for _ in range(n)]


print("Content-Type: text/plain\n")
print(arithmetic(400_000), fibonacci(22), methods(80_000), dicts(80_000), strings(80_000), sorting(160)[-1])
