import Postgres

/// What a round has come to, for when it commits.
struct PendingRound {
    let began: Duration
    var firsts: [(TopicName, Timestamp)] = []
    var partitions: Set<Partition> = []
    var tally = RoundTally()
}
