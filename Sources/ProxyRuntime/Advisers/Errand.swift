import Glibc
import ProxyCore

/// One question under way, at a program of its own or at a service.
protocol Errand: AnyObject {
  var question: Question { get }
  /// What is to be looked at for it.
  var polled: [pollfd] { get }
  /// Goes on as far as it can without waiting. Returns what came of the question, once that is known.
  func exchange() -> Advice?
}
