import TraceModel

/// The first line of a trace, or why the file is none that this program can read.
package enum TraceHeadReader {
  /// How a trace begins, byte for byte.
  package static let mark = Array("{\"mitmilter\":".utf8)

  /// - Parameter line: the first line, with or without its line feed; of a file without one, what there is of it.
  package static func head(in line: Span<UInt8>) throws(TraceRefusal) -> TraceHead {
    guard line.count > 0 else { throw .empty }
    let members: Members
    let format: Int
    do throws(LineFault) { members = try Members(line) } catch {
      throw line.begins(with: mark) ? .damaged(error) : .foreign(FileGuess.what(begins: line))
    }
    guard members[.mitmilter] != nil else {
      throw members[.k] == nil ? .foreign(FileGuess.what(begins: line)) : .headless
    }
    do throws(LineFault) {
      format = try members.number(.mitmilter, in: line)
    } catch {
      throw .damaged(error)
    }
    // Before anything else is read: what it looks like is for that format to say.
    guard (1...RecordWriter.format).contains(format) else { throw .otherFormat(format) }
    do throws(LineFault) { return try head(format, members, line) } catch { throw .damaged(error) }
  }

  private static func head(_ format: Int, _ members: Members, _ line: Span<UInt8>) throws(LineFault)
    -> TraceHead
  {
    TraceHead(
      format: format, program: try members.maybeText(.program, in: line) ?? "",
      startedAt: try members.microseconds(.started, in: line), command: try members.texts(.command, in: line),
      listen: try members.maybeText(.listen, in: line), milter: try members.maybeText(.milter, in: line),
      taps: try members.texts(.taps, in: line).compactMap { Tap($0) },
      negotiation: try members.maybeText(.negotiation, in: line),
      isOneOfSeveral: members[.ofSeveral] == nil ? false : try members.flag(.ofSeveral, in: line),
      isRedacted: members[.redacted] == nil ? false : try members.flag(.redacted, in: line))
  }
}
