import PerchProtocol
import Testing

/// When a relay moves delayed events that are due, and what holds it back.
struct RelayDelayTests {
    private let scene = RelayProtocolTests()
    private let settings = RelayProtocol.Settings()
    private var partition: Partition { scene.partition }

    /// A relay that waits for the positions that it has asked for, behind the third.
    private func looking() -> RelayProtocol { scene.caughtUp(at: 3, settings) }

    private func given(_ position: Position) -> [RelayInput.Assignment] {
        [.init(partition: partition, ids: [scene.id(position)])]
    }

    @Test func withNothingDueNothingIsMoved() {
        var machine = looking()
        #expect(machine.next(.assigned([]), at: .zero) == .wait(settings.poll))
        #expect(machine.next(.done, at: settings.poll) == .outbox(.assign(limit: 1000, due: 0, except: [])))
    }

    @Test func whatALookHasFoundIsMovedByTheNextAtOnce() {
        var machine = looking()
        #expect(
            machine.next(.assigned([], due: .some), at: .zero) == .outbox(.assign(limit: 1000, due: 500, except: []))
        )
        #expect(machine.next(.done, at: .zero) == .outbox(.collect))
        #expect(machine.next(.assigned(given(4)), at: .zero) == .stream(.inspect(partition)))
    }

    /// While Redis takes what was given, Postgres moves and gives the next.
    @Test func whileMoreIsDueItAsksAhead() {
        var machine = looking()
        _ = machine.next(.assigned([], due: .some), at: .zero)
        _ = machine.next(.done, at: .zero)
        let ahead = machine.next(.assigned(given(4), due: .some), at: .zero)
        #expect(ahead == .outbox(.assign(limit: 1000, due: 500, except: [])))
        #expect(machine.next(.done, at: .zero) == .stream(.inspect(partition)))
    }

    /// They are being cancelled, or another relay is at them: it does not ask again and again.
    @Test func whatWasNotMovedThoughItWasDueIsAskedForAtTheNextLook() {
        var machine = looking()
        _ = machine.next(.assigned([], due: .some), at: .zero)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.assigned([], due: .some), at: .zero) == .wait(settings.poll))
        #expect(machine.next(.done, at: settings.poll) == .outbox(.assign(limit: 1000, due: 500, except: [])))
    }

    @Test func whatCannotBeMovedIsTriedLessAndLessOftenAndAllElseGoesOn() {
        var machine = looking()
        var (pauses, now) = ([Duration](), Duration.zero)
        var action = machine.next(.assigned([], due: .some), at: now)
        while pauses.count < 10 {
            switch action {
            case .outbox(.assign(_, let due, _)):
                _ = machine.next(.done, at: now)
                action = machine.next(.assigned([], due: due > 0 ? .troubled : .some), at: now)
                for case .dueTroubled(let pause) in machine.drainNotices() { pauses.append(pause) }
            case .wait(let time):
                #expect(time == settings.poll)
                now += time
                action = machine.next(.done, at: now)
            case .stream(.inspect): action = machine.next(.inspected(scene.stream(3)), at: now)
            case .log(.consult): action = machine.next(.consulted(scene.log(3)), at: now)
            default:
                Issue.record("it was not to do \(action)")
                return
            }
        }
        #expect(pauses.contains { $0 > settings.trouble.first }, "the bound grows: \(pauses)")
    }

    @Test func aBrokenConnectionForgetsWhatWasDue() {
        var machine = looking()
        _ = machine.next(.assigned([], due: .some), at: .zero)
        #expect(machine.next(.failed, at: .zero) == .disconnect)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.done, at: .zero) == .stream(.inspect(partition)))
        _ = machine.next(.inspected(scene.stream(3)), at: .zero)
        #expect(machine.next(.consulted(scene.log(3)), at: .zero) == .outbox(.assign(limit: 1000, due: 0, except: [])))
    }
}
