"""A clock that stands still until a test moves it."""


class StandingClock:
    def __init__(self, wall_ms=1_790_000_000_000, mono_ms=1_000_000):
        self.wall, self.mono = wall_ms, mono_ms

    def wall_ms(self):
        return self.wall

    def mono_ms(self):
        return self.mono

    def pass_ms(self, ms):
        self.wall += ms
        self.mono += ms
