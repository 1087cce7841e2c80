// Greets what the configuration names, as a CGI program.
const std = @import("std");

pub fn main() !void {
    const out = std.io.getStdOut().writer();
    var buffer: [16 * 1024]u8 = undefined;
    var fixed = std.heap.FixedBufferAllocator.init(&buffer);
    const arguments = try std.process.argsAlloc(fixed.allocator());
    try out.print("Content-Type: text/plain\n\n", .{});
    for (arguments[1..]) |name| try out.print("Hello {s}, from Zig.\n", .{name});
}
