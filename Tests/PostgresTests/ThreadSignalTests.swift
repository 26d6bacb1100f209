import Executors
import Foundation
import Testing

@Suite(.timeLimit(.minutes(30))) struct ThreadSignalTests {
    @Test func aWaitEndsWhenTheSignalIsRaised() async {
        let signal = ThreadSignal()
        let waiting = Task.detached { signal.wait(after: 0, atMost: .seconds(86_400)) }
        signal.raise()
        #expect(await waiting.value == 1)
        #expect(signal.wait(after: 0, atMost: .seconds(86_400)) == 1, "it was raised before")
    }

    @Test func aWaitEndsWhenItsTimeIsOver() {
        let signal = ThreadSignal()
        let start = ContinuousClock.now
        #expect(signal.wait(after: 0, atMost: .milliseconds(1_050)) == 0)
        #expect(ContinuousClock.now - start >= .milliseconds(1_050), "nanoseconds carry into the seconds")
        #expect(signal.wait(after: 0, atMost: .zero) == 0)
        #expect(signal.wait(after: 0, atMost: .seconds(-5)) == 0)
    }

    @Test func aStopSignalIsSeenWaitedForAndPolled() {
        let stop = StopSignal(drain: .milliseconds(50))
        #expect(!stop.isRaised && !stop.isOverdue && stop.deadline == nil)
        #expect(!stop.wait(atMost: .milliseconds(1)))
        #expect(!isReadable(stop.descriptor))
        stop.raise()
        let deadline = stop.deadline
        stop.raise()
        #expect(stop.isRaised && stop.wait(atMost: .seconds(86_400)) && stop.deadline == deadline)
        #expect(isReadable(stop.descriptor) && isReadable(stop.descriptor), "whoever looks leaves it so for others")
        while !stop.isOverdue {}
        #expect(ContinuousClock.now >= deadline ?? .now + .seconds(1))
    }

    private func isReadable(_ descriptor: Int32) -> Bool {
        var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&one, 1, 0) == 1
    }

    /// The wall clock can be set back, and a wait for a date then lasts that much longer: a heartbeat would lose its leases.
    @Test func noWaitOfTheLibraryIsForADate() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let forbidden = [
            // habits: names that are looked for.
            "NSCondition", "until: Date", "before: Date", "timeIntervalSinceNow", "Thread.sleep", "usleep(",
            "DispatchWallTime",
            "wallDeadline", "DispatchTime", "DispatchSemaphore",
        ]
        let folders = [
            "Connections/Executors", "Connections/Redis", "Connections/Postgres", "Library/PerchProtocol",
            "Library/Perch", "Library/PerchContract", "Library/PerchOperating", "Library/PerchTesting",
            "Library/StrictJSON", "Programs/perch",
        ]
        for folder in folders {
            let sources = root.appendingPathComponent("Sources/\(folder)")
            let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
            var count = 0
            for case let file as URL in files where file.pathExtension == "swift" {
                count += 1
                let text = try String(contentsOf: file, encoding: .utf8)
                for word in forbidden {
                    #expect(!text.contains(word), "\(word) in \(folder)/\(file.lastPathComponent): ThreadSignal waits")
                }
            }
            #expect(count > 0)
        }
    }

    @Test func theLastGoodPlaceIsTriedFirstAndTheUnfitOneLast() {
        let memory = PlaceMemory<String>()
        #expect(memory.order(["a", "b", "c"]) == ["a", "b", "c"])
        memory.noteGood("b")
        #expect(memory.order(["a", "b", "c"]) == ["b", "a", "c"])
        memory.noteBad("b")
        #expect(memory.order(["a", "b", "c"]) == ["a", "c", "b"])
        memory.noteGood("b")
        #expect(memory.order(["a", "b", "c"]) == ["b", "a", "c"])
    }
}
