import Perch

/// What people are told of a finding, and what to do about it.
struct FindingWords {
    let message: String
    let advice: String

    init(_ finding: Diagnosis) {
        func fact(_ name: String) -> String { finding.facts[name] ?? "?" }
        switch finding.code {
        case .refusedEvents?:
            message = "\(fact("count")) events of the outbox were refused, the last: \(fact("reason"))"
            advice = "perch refused list \(fact("service")); correct and retry them, or discard them"
        case .foreignEntries?:
            let beyond = fact("beyond") == "0" ? "" : ", and \(fact("beyond")) more that there was no room for"
            message =
                "\(fact("kept")) entries that nobody has published were taken out of \(fact("partition"))\(beyond): somebody else "
                + "writes to it"
            advice = "perch foreign \(fact("service")) shows them; see who may XADD (ops/redis/users.acl)"
        case .checkpointNotInLog?:
            message =
                "it has handled \(fact("checkpoint")) of \(fact("topic")):\(fact("partition")), which is no entry of the log: the log "
                + "has \(fact("entry")) in its place, so the group stands still there"
            advice =
                "perch replay \(fact("group")) \(fact("topic")) --partition \(fact("partition")) --from \(fact("entry")) "
                + "(ops/runbook/checkpoint-not-in-log.md)"
        case .partitionInTrouble?:
            message = "\(fact("partition")) stands still, and the others go on: \(fact("error"))"
            advice =
                "Where it is another kind of key: DEL it, and its relay makes the stream again; where a right is missing: see "
                + "ops/redis/users.acl"
        case .redisCluster?:
            message = "it is a node of a cluster, and Perch does not speak to several nodes yet"
            advice =
                "Use a Redis without cluster mode, or keep all streams in one slot by a namespace in braces, such as {perch}, and an "
                + "address that follows the master of that slot"
        default: (message, advice) = (finding.message, finding.advice)
        }
    }
}
