using Spectre.Console;

namespace Fabric.Silo.Demo;

/// <summary>Tells the story: in colour on a terminal, as plain lines elsewhere.</summary>
internal sealed class Narrator
{
    // Where there is no terminal there is no width: lines are not broken.
    private const int PlainWidth = 400;

    private readonly IAnsiConsole _console;
    private int _step;

    public Narrator(TextWriter output)
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!_console.Profile.Out.IsTerminal)
        {
            _console.Profile.Capabilities.Ansi = false;
            _console.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
            _console.Profile.Width = PlainWidth;
        }
    }

    /// <summary>What happened as it should.</summary>
    public int Passed { get; private set; }

    public void Title(string text) => Line($"[bold]{Markup.Escape(text)}[/]");

    public void Step(string text) => Line($"\n[bold cyan]{++_step}. {Markup.Escape(text)}[/]");

    public void Say(string text) => Line($"   [grey]{Markup.Escape(text)}[/]");

    /// <summary>Tells what happened; ends the story when it should not have.</summary>
    public void Expect(bool holds, string what, string? instead = null)
    {
        if (!holds)
        {
            Line($"   [red]FAILED[/]  {Markup.Escape(what)}{(instead is null ? "" : Markup.Escape($": {instead}"))}");
            throw new StoryFailedException(what);
        }
        Passed++;
        Line($"   [green]ok[/]  {Markup.Escape(what)}");
    }

    public void Fail(string what) => Line($"   [red]FAILED[/]  {Markup.Escape(what)}");

    private void Line(string markup) => _console.MarkupLine(markup);
}
