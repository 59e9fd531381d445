namespace Fabric.Core.Scopes;

/// <summary>One call of a tool: what a check is about. All three strings are compared ordinally; <paramref name="Resource"/> may be empty.</summary>
public readonly record struct ToolCall(string Tool, string Action, string Resource, ActionClass Class = ActionClass.Destructive);
