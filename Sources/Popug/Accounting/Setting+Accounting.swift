import Perch
public import ServiceKit

extension Setting where Value == TimeOfDay {
    /// `PAYOUT_TIME`: when a day that is over is closed and paid, by the clocks of `PAYOUT_TIME_ZONE` on the day after.
    /// Default: 00:05.
    public static var payoutTime: Setting {
        Setting("PAYOUT_TIME", expects: "a time of day such as 00:05", default: .fivePastMidnight) { text in
            guard let time = TimeOfDay(text) else { throw NotAValue() }
            return time
        }
    }
}

extension Setting where Value == String {
    /// `MAIL_DIR`: the folder that mails are written to, as `.eml` files; it is made if need be. Without it there are none.
    public static var mailDirectory: Setting { .text("MAIL_DIR", expects: "a folder") }
}
