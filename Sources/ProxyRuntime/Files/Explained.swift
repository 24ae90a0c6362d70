/// What could not be done, for the operator: a line, and what may help.
package protocol Explained: Error {
  var message: String { get }
  var hint: String? { get }
}
