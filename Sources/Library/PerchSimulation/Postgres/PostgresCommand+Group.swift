import PerchProtocol

/// The group in the key. Consumer groups share one database: a row of theirs is that of a partition, `offset` further on for each
/// group.
extension PostgresCommand {
    /// The worker's statement, on its group's rows.
    func shifted(by offset: Int) -> PostgresCommand {
        switch self {
        case .lockLeases(let owner, let group, let keeping, let limit):
            .lockLeases(owner: owner, group: group, keeping: keeping.map { $0 + offset }, limit: limit)
        case .takeLease(let partition, let owner): .takeLease(partition + offset, owner: owner)
        case .lockCheckpoint(let partition): .lockCheckpoint(partition + offset)
        case .writeEpoch(let partition, let epoch): .writeEpoch(partition + offset, epoch)
        case .releaseLease(let partition, let owner, let epoch):
            .releaseLease(partition + offset, owner: owner, epoch)
        case .insertEffects(let partition, let effects): .insertEffects(partition + offset, effects)
        case .survey(let partitions): .survey(partitions.map { $0 + offset })
        case .countAttempts(let attempts):
            .countAttempts(
                attempts.map {
                    CountedAttempt(partition: $0.partition + offset, epoch: $0.epoch, positions: $0.positions)
                }
            )
        case .countRetry(let partition, let epoch, let key): .countRetry(partition + offset, epoch, key: key)
        case .park(let partition, let rows): .park(partition + offset, rows)
        case .fetch(let partition, let keys, let limit): .fetch(partition + offset, keys: keys, limit: limit)
        case .settle(let partition, let resolved, let changed):
            .settle(partition + offset, resolved: resolved, changed: changed)
        case .confirm(let partition, let epoch): .confirm(partition + offset, epoch)
        case .fence(let partition, let epoch, let from, let to):
            .fence(partition + offset, epoch: epoch, from: from, to: to)
        case .moveCheckpoint(let partition, let to): .moveCheckpoint(partition + offset, to: to)
        default: self
        }
    }
}

extension PostgresReply.ClaimedLease {
    /// The same, of the partition whose row it is.
    func ofPartition(among partitions: Int) -> Self {
        Self(partition: partition % partitions, backend: backend, isUnclean: isUnclean, isOwn: isOwn)
    }
}

extension Simulation {
    /// The database that all consumer groups share; the producers have the first one.
    static let consumers = 1

    /// Where a group's rows are.
    func row(_ group: Int, _ partition: Int) -> Int { group * scenario.partitions + partition }

    /// The group that a worker's statements name: where the key lacks the group, everybody's rows are the same.
    func keyedGroup(_ group: Int) -> Int { sabotage == .groupNotInKey ? 0 : group }
}
