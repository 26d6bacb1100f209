/// A change of a schedule as JSON.
package struct ScheduleChangeDocument: Encodable {
    let schedule: String
    let isDone: Bool

    package init(schedule: String, isDone: Bool) {
        (self.schedule, self.isDone) = (schedule, isDone)
    }
}
