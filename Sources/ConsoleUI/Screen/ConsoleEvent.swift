import Cells
import CommandLanguage
import MilterProtocol
import TraceModel

/// What happened to the screen.
package enum ConsoleEvent {
  case key(Key)
  /// There are more records to fold in.
  case appended
  /// The time now, on the trace's clock; comes before every other event of a turn.
  case tick(Moment)
  case resized(Size)
  /// The operator's editor ended in order, and left this text.
  case edited(EditRequest, [UInt8])
  /// Nobody waits for the screen: time to go on with what is under way (`ConsoleModel.isBusy`).
  case idle
  /// Nothing was written, for there is a file of that name; the effect does it all the same.
  case exists(path: String, replace: ConsoleEffect)
  /// A file was written, with these records in it as they are, and what to say about it.
  case wrote(records: [Int], words: String)
  /// Records come in another way from here on, or no more.
  case streamChanged(ConsoleModel.Stream)
  /// Records are written to that file from here on, or to none.
  case recording(String?)
  /// What was asked for is compared.
  case compared(ComparisonPane)
  /// The rules stay as they were: a file that they name cannot be read.
  case rulesRefused(String)
  /// The terminal, or another program, asks it to stop for a while.
  case suspending
  /// Something asked for was done, or not, and this is what to say about it.
  case reported(StatusMessage)
}

/// What the screen asks the outside to do.
package enum ConsoleEffect: Equatable, Sendable {
  /// For the connection of that packet.
  case instruct(Instruction, packet: Int)
  /// Everything that is held anywhere goes on.
  case forwardAll
  /// These rules from now on, in this order.
  case setRules([Rule])
  /// Rules act, or do not.
  case arm(Bool)
  /// Let the operator change a text in an editor of their own; `ConsoleEvent.edited` brings it back.
  case edit(EditRequest)
  /// Write these records, and the trace's head, to a file; one that is there only goes where that was said.
  case write(path: String, records: [Int], replaces: Bool)
  /// Turn a part of the trace into another format; a file that is there only goes where that was said.
  case export(ExportRequest, replaces: Bool)
  /// Save these bytes as a file; one that is there only goes where that was said.
  case save(path: String, bytes: [UInt8], replaces: Bool)
  /// Write the records to a file as they come, with those that came or without.
  case record(path: String, withPast: Bool)
  case stopRecording
  /// Say a mail again to a milter, and compare; `ConsoleEvent.compared` brings what came of it.
  case replay(ReplayRequest)
  /// A setting that holds from now on, also the next time.
  case remember(Settings.Name, String)
  /// A line typed at a prompt, for the next time; its purpose by the word of ``PromptHistory``.
  case keepLine(purpose: String, text: String)
  /// To the clipboard of the operator's terminal.
  case copy([UInt8])
  /// Draw every cell again, whatever the terminal shows.
  case redraw
  case suspend
  case quit
  /// Away from the trace that was picked from a list of files.
  case backToList
}
