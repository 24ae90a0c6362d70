import Sending
import TraceModel

extension Arrival {
  /// - Parameter seconds: since 1970.
  init(seconds: Int64) {
    let date = WallClock.date(seconds).split(separator: "-")
    let time = WallClock.timeOfDay(seconds)
    let days = seconds / 86_400
    let month =
      Int(date[1]).flatMap { Self.months.indices.contains($0 - 1) ? Self.months[$0 - 1] : nil } ?? ""
    // A blank in front of one digit (`mail_date` in mail_date.c).
    let day = date[2].hasPrefix("0") ? " " + date[2].dropFirst() : String(date[2])
    self.init(
      date: "\(Self.weekdays[Int((days % 7 + 11) % 7)]), \(day) \(month) \(date[0]) \(time) +0000 (UTC)",
      stamp: date.joined() + time.filter { $0 != ":" })
  }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
