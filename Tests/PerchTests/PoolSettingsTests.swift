import Logging
import Testing

@testable import Perch

struct PoolSettingsTests {
    private func problem(_ change: (inout WorkerPool.Settings) -> Void) -> String? {
        var settings = WorkerPool.Settings()
        change(&settings)
        do throws(InvalidSetting) {
            try settings.validate()
            return nil
        } catch {
            return error.setting
        }
    }

    @Test func theDefaultsAreValid() { #expect(problem { _ in } == nil) }

    @Test func aSettingWithWhichNothingWorksIsNamed() {
        #expect(problem { $0.workers = 0 } == "workers")
        #expect(problem { $0.workers = -1 } == "workers")
        #expect(problem { $0.batchSize = 0 } == "batchSize")
        #expect(problem { $0.batchSize = .max } == "batchSize")
        #expect(problem { $0.lease = .zero } == "lease")
        #expect(problem { $0.heartbeat = .zero } == "heartbeat")
        #expect(problem { $0.drain = .seconds(-1) } == "drain")
        #expect(problem { $0.unreachable = .zero } == "unreachable")
    }

    @Test func aHeartbeatComesTwiceALeaseAtLeast() {
        #expect(
            problem {
                $0.lease = .seconds(4); $0.heartbeat = .seconds(2)
            } == nil
        )
        #expect(
            problem {
                $0.lease = .seconds(4); $0.heartbeat = .milliseconds(2001)
            } == "heartbeat"
        )
    }

    @Test func theTextSaysWhatWasExpectedAndWhatCame() {
        let error = InvalidSetting("workers", expected: "1 to 1024", found: 0)
        #expect("\(error)" == "workers: expected 1 to 1024, found 0")
    }
}
