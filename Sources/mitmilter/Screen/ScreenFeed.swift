import CommandLanguage
import ConsoleUI
import MilterProtocol
import ProxyRuntime
import TraceModel

/// Where the screen's records come from, and where its instructions go.
protocol ScreenFeed: AnyObject {
  var records: any RecordSource { get }
  /// The time now on the trace's clock.
  var now: Moment { get }
  /// What to poll for more records; nil for a feed that is asked from time to time.
  var descriptor: Int32? { get }
  /// How long it may be left alone where nothing can be polled; nil for ever.
  var patience: Duration? { get }
  /// How long to leave it alone once it was asked; what comes meanwhile is taken in one go.
  var rest: Duration { get }
  var stream: ConsoleModel.Stream { get }
  /// Takes in what has come. Returns whether anything has.
  func refresh() throws(FileFailure) -> Bool
  /// Carries out an instruction; the answer is what to tell the operator, nil for nothing.
  ///
  /// - Parameter body: of the packet's mail, where the instruction is about a part of it.
  func obey(_ instruction: Instruction, packet: Int, connection: Int, body: [UInt8]?) -> String?
  /// Lets everything go that is held anywhere.
  func forwardAll() -> String?
  /// Other rules from now on; the answer says why not.
  func setRules(_ rules: [Rule]) -> String?
  /// Rules act, or do not.
  func arm(_ isOn: Bool)
  /// Begins to write the records to a file: those to come, with those that came.
  ///
  /// - Returns: what to say about it.
  func record(to path: String, withPast: Bool) throws(FileFailure) -> String
  func stopRecording()
  /// Where the records are written, as far as the operator asked for it on the screen; nil for nowhere.
  var recording: String? { get }
  /// Goes on copying what came before; whether there is more to copy.
  func goOnRecording() throws(FileFailure) -> Bool
  /// What the proxy has to say to the operator since the last call.
  func takeMessages() -> [String]
  /// The files that must not be written over.
  var paths: [String] { get }
}

extension ScreenFeed {
  var rest: Duration { .zero }
  var stream: ConsoleModel.Stream { .flowing }
  func takeMessages() -> [String] { [] }
  func forwardAll() -> String? { "nothing is held: this is a recorded trace" }
  func setRules(_ rules: [Rule]) -> String? { nil }
  func arm(_ isOn: Bool) {}
  func record(to path: String, withPast: Bool) throws(FileFailure) -> String { "it is a file already" }
  func stopRecording() {}
  var recording: String? { nil }
  func goOnRecording() throws(FileFailure) -> Bool { false }
}
