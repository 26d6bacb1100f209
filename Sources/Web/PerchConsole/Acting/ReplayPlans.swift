import PerchOperating

/// Plans of replays that somebody was shown and may confirm: what is done is what was shown. They are kept in memory, the last 200.
actor ReplayPlans {
    /// What was shown.
    struct Shown: Sendable {
        let plan: Plan
        /// The newest record of such a change to the group, at that time.
        let mark: String
    }

    enum Plan: Sendable {
        case back(ReplayPlan)
        case chosen(SelectedReplayPlan)
    }

    private struct Key: Hashable {
        let session: String
        let form: String
    }

    private static let most = 200
    private var shown: [Key: Shown] = [:]
    private var order: [Key] = []

    func keep(_ plan: Shown, form: String, session: String) {
        let key = Key(session: session, form: form)
        shown[key] = plan
        order.append(key)
        if order.count > Self.most { shown[order.removeFirst()] = nil }
    }

    /// Nil: it was not shown to this session, or long ago.
    func plan(form: String, session: String) -> Shown? { shown[Key(session: session, form: form)] }
}

extension ReplayPlans.Plan {
    /// Whether doing what was shown still does what was said of it, by a plan of the same that was made now.
    ///
    /// A group that has read on since is as it was said; one that was set back is not.
    func holds(by now: Self) -> Bool {
        switch (self, now) {
        case (.back(let shown), .back(let now)):
            shown.steps.allSatisfy { step in
                now.steps.contains {
                    $0.partition == step.partition && $0.after == step.after && $0.before >= step.before
                }
            }
        case (.chosen(let shown), .chosen(let now)):
            shown.steps.allSatisfy { step in
                now.steps.contains {
                    $0.partition == step.partition && $0.first == step.first && $0.last >= step.last
                        && $0.skipped == step.skipped && $0.events >= step.events
                }
            }
        default: false
        }
    }
}
