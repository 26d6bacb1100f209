/// The names of the commands whose replies are awaited, oldest first.
struct CommandQueue {
    private var names: [StaticString] = []
    private var head = 0

    var count: Int { names.count - head }

    var first: StaticString? { head < names.count ? names[head] : nil }

    mutating func append(_ name: StaticString) {
        names.append(name)
    }

    mutating func removeFirst() {
        head += 1
        // Moving what remains only when at least half is done keeps a removal cheap on average.
        if head * 2 >= names.count {
            names.removeFirst(head)
            head = 0
        }
    }
}
