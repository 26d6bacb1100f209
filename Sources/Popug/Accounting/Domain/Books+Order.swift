import Postgres
import ServiceKit

/// Parts of statements that several lists have.
extension Books {
    /// What the account `a` has earned today. `d` tells what today is, and in which zone. An entry's business day is that of its event or
    /// a later one. One day less, should the time zone have changed.
    static let earnedToday: StaticString = """
        (
            SELECT coalesce(sum(l.amount), 0)::bigint FROM accounting.ledger l
            WHERE l.user_id = a.user_id AND l.kind <> 'wage' AND l.business_day >= d.today - 1
                AND (l.at AT TIME ZONE d.zone)::date = d.today
        )
        """

    /// What a page of a list by names has, where `b` tells its place: whatever comes after one row, and before another one.
    static let within: StaticString = """
        (b.after_name IS NULL OR (sort_name, user_id) > (b.after_name, b.after_id))
            AND (b.before_name IS NULL OR (sort_name, user_id) < (b.before_name, b.before_id))
        """

    /// The order of such a page: before a row the nearest comes first.
    static let order: StaticString = """
        CASE WHEN before_name IS NULL THEN sort_name END, CASE WHEN before_name IS NULL THEN user_id END,
            CASE WHEN before_name IS NOT NULL THEN sort_name END DESC,
            CASE WHEN before_name IS NOT NULL THEN user_id END DESC
        """
}

extension ListPlace {
    /// The row that the page comes after; nil where it begins with the first, or ends before a row.
    var after: Key? { if case .after(let key) = self { key } else { nil } }

    /// The row that the page ends before.
    var before: Key? { if case .before(let key) = self { key } else { nil } }
}
