import Executors
public import Perch
public import PerchOperating

/// Asks `SystemStatus` for a service's group and outbox, once for all who ask at the same time.
public actor StatusSource {
    private let status: SystemStatus
    private let group: GroupName?
    private let owner: String
    private var asking: Task<[MetricSample], Never>?

    /// - Parameters:
    ///   - group: The service's group; nil: it consumes nothing.
    ///   - owner: The service, as the contract names it.
    public init(_ status: SystemStatus, group: GroupName?, owner: String) {
        self.status = status
        self.group = group
        self.owner = owner
    }

    /// The gauges of this moment; none where they are not there in time.
    func samples(within limit: Duration) async -> [MetricSample] {
        let task = asking ?? ask()
        return await firstWithin(limit) { await task.value } ?? []
    }

    private func ask() -> Task<[MetricSample], Never> {
        let task = Task { [status, group, owner] in
            var samples: [MetricSample] = []
            // What cannot be asked at all is left out, as is what does not answer.
            if let group { samples += (try? await status.progress(of: group))?.samples ?? [] }
            samples += (try? await status.outbox(ownedBy: owner))?.samples ?? []
            return samples
        }
        asking = task
        Task {
            _ = await task.value
            asking = nil
        }
        return task
    }
}
