import MTAConfiguration
import Synchronization

/// A built-in MTA and a built-in milter on the loopback interface, for a proxy between them: nothing to set up.
package final class Demo: Sendable {
  private struct Progress {
    var mails = 0
    var clients = 0
  }

  private let milter: DemoMilter
  private let pace: DemoPace
  private let rounds: Int
  private let progress = Mutex(Progress())

  /// The loopback interface has no room for another listener.
  package struct Failure: Error {}

  /// Starts the milter.
  ///
  /// - Parameter rounds: how often the script is played.
  package init(pace: DemoPace, rounds: Int) throws(Failure) {
    self.pace = pace
    self.rounds = rounds
    do { milter = try DemoMilter(pace: pace) } catch { throw Failure() }
    milter.start()
  }

  /// Where its milter listens.
  package var milterAddress: MilterAddress { .inet(host: "127.0.0.1", port: milter.port, family: .any) }

  /// Plays the script on a thread of its own, through the proxy that listens on `port`; `ended` is called there.
  package func play(throughPort port: UInt16, ended: @escaping @Sendable () -> Void) {
    Thread { [self] in
      let mta = DemoMTA(port: port, pace: pace)
      for _ in 0..<rounds {
        for client in DemoScript.clients {
          let judged = mta.play(client)
          progress.withLock { progress in
            progress.mails += judged
            progress.clients += 1
          }
        }
      }
      ended()
      milter.end()
    }.detach()
  }

  /// Mails that went as far as a verdict at their end, and clients that connected.
  package var played: (mails: Int, clients: Int) { progress.withLock { ($0.mails, $0.clients) } }
}
