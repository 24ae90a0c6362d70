import TraceModel

/// An optional row or record number in four bytes.
@propertyWrapper
package struct CompactIndex: Sendable, Equatable {
  private var stored = UInt32.max

  package init(wrappedValue: Int?) { self.wrappedValue = wrappedValue }

  package var wrappedValue: Int? {
    get { stored == .max ? nil : Int(stored) }
    set { stored = newValue.map { UInt32(clamping: $0) } ?? .max }
  }
}

/// A count in four bytes; it stays at the largest where it would not fit.
@propertyWrapper
package struct CompactCount: Sendable, Equatable {
  private var stored: UInt32

  package init(wrappedValue: Int) { stored = UInt32(clamping: wrappedValue) }

  package var wrappedValue: Int {
    get { Int(stored) }
    set { stored = UInt32(clamping: newValue) }
  }
}
