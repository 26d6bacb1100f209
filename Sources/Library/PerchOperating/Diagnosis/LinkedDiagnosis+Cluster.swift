import Perch

/// What the masters of a cluster say of themselves, and of one another.
extension LinkedDiagnosis {
    /// Each master by itself; what is the same of all is said once.
    func diagnose(
        _ masters: [(node: String, facts: ServerFacts.NodeFacts)],
        uncovered: Int
    ) -> [Diagnosis] {
        var findings: [Diagnosis] = [
            uncovered == 0
                ? .fine(.redisClusterCovered(masters: masters.count))
                : .problem(.redisClusterSlotsMissing(slots: uncovered))
        ]
        var reports: [(node: String, report: ClusterReport)] = []
        for (node, facts) in masters {
            switch facts {
            case .told(let info, let report):
                for found in diagnose(info, isAlone: false) where !findings.contains(found) { findings.append(found) }
                reports.append((node, report))
            case .away(let reason): findings.append(.problem(.redisNodeAway(node: node, reason: reason)))
            }
        }
        return findings + failing(reports) + moving(reports) + settings(reports)
    }

    private func failing(_ reports: [(node: String, report: ClusterReport)]) -> [Diagnosis] {
        var findings = reports.filter { !$0.report.isInOrder }.map {
            Diagnosis.problem(.redisNodeFails(node: $0.node, reason: "cluster_state:fail", toldBy: [$0.node]))
        }
        var tellers: [ClusterReport.Doubt: [String]] = [:]
        for (node, report) in reports { for doubt in report.doubts { tellers[doubt, default: []].append(node) } }
        for (doubt, toldBy) in tellers.sorted(by: { ($0.key.node, $0.value[0]) < ($1.key.node, $1.value[0]) }) {
            let finding = Diagnosis.Finding.redisNodeFails(
                node: doubt.node,
                reason: doubt.isAgreed ? "fail" : "pfail",
                toldBy: toldBy
            )
            findings.append(doubt.isAgreed && !doubt.isReplica ? .problem(finding) : .warning(finding))
        }
        return findings
    }

    /// Both ends of a move tell of it, or one alone, where the other has ended it.
    private func moving(_ reports: [(node: String, report: ClusterReport)]) -> [Diagnosis] {
        let moves = Set(reports.flatMap(\.report.moves))
        let routes = Dictionary(grouping: moves) { [$0.from, $0.to] }
        return routes.sorted { ($0.key[0], $0.key[1]) < ($1.key[0], $1.key[1]) }.map { route, moves in
            .warning(.redisSlotsMoving(slots: moves.map(\.slot).sorted(), from: route[0], to: route[1]))
        }
    }

    private func settings(_ reports: [(node: String, report: ClusterReport)]) -> [Diagnosis] {
        var findings: [Diagnosis] = []
        let wanting = reports.filter { $0.report.wantsAllSlots == true }.map(\.node)
        if !wanting.isEmpty { findings.append(.warning(.redisClusterWantsAllSlots(nodes: wanting))) }
        if let reason = reports.compactMap(\.report.refusal).first {
            findings.append(.warning(.redisClusterUnknown(reason: reason)))
        }
        return findings
    }
}
