namespace Fabric.Repo.Tests.Sources;

public sealed class MemberScannerTests
{
    private const string Sample = """"
        using System;

        namespace Some.Place;

        /// <summary>With { a brace.</summary>
        [Thing(Name = "{", Other = new[] { 1 })]
        public sealed partial class Outer<T> : IThing<T> where T : class
        {
            private const string Text = "{ \" // not a comment";
            private readonly int[] _table = { 1, 2 };
            private static readonly Func<int, int> Twice = n =>
            {
                return n * 2;
            };

            public Outer(int a = 1, string b = "}")
                : this(a)
            {
                if (a == 1) { b = $"a{{b{(a > 0 ? "x}" : "y")}"; }
            }

            public int Length { get; private set; } = 5;

            public string Raw => """
                { { { "
                """;

            public static bool operator ==(Outer<T> a, Outer<T> b) => true;

            public static bool operator <=(Outer<T> a, Outer<T> b)
            {
                return '{' == '\'';
            }

            public int Choose<TOther>(int x) where TOther : struct => x switch
            {
                1 => 2,
                _ => 3,
            };

        #if DEBUG
            // } stray
        #endif
            internal enum Inner
            {
                One,
                Two = 2,
            }

            public readonly record struct Pair(int Left, int Right = 3);

            private void Last() { }
        }

        internal interface INext
        {
            int Ask(int question);
        }
        """";

    private static readonly IReadOnlyList<Member> Found = MemberScanner.Scan(Sample);

    [Theory]
    [InlineData("Outer", "public sealed partial class")]
    [InlineData("Inner", "internal enum")]
    [InlineData("Pair", "public readonly record struct")]
    [InlineData("INext", "internal interface")]
    public void Types_are_found_with_their_modifiers(string name, string header) =>
        Assert.StartsWith(header, Assert.Single(Found, m => m.Kind == MemberKind.Type && m.Name == name).Header, StringComparison.Ordinal);

    [Fact]
    public void Nothing_else_is_taken_for_a_type() => Assert.Equal(4, Found.Count(m => m.Kind == MemberKind.Type));

    [Theory]
    [InlineData("Outer(int a", 5)]
    [InlineData("operator <=", 4)]
    [InlineData("Choose<TOther>", 5)]
    [InlineData("Last()", 1)]
    [InlineData("string Raw", 3)]
    [InlineData("operator ==", 1)]
    [InlineData("int Length", 1)]
    public void Bodies_are_measured_from_signature_to_end(string header, int lines)
    {
        var member = Assert.Single(Found, m => m.Kind == MemberKind.Body && m.Header.Contains(header, StringComparison.Ordinal));
        Assert.Equal(lines, member.Lines);
        Assert.Equal("Outer", member.Container);
    }

    [Fact]
    public void A_field_with_a_lambda_is_no_body() =>
        Assert.Equal(MemberKind.Other, Assert.Single(Found, m => m.Header.EndsWith("Twice", StringComparison.Ordinal)).Kind);

    [Fact]
    public void Members_of_a_later_type_belong_to_it() =>
        Assert.Equal("INext", Assert.Single(Found, m => m.Header.StartsWith("int Ask", StringComparison.Ordinal)).Container);

    [Fact]
    public void Blanking_keeps_every_line_where_it_was() =>
        Assert.Equal(Sample.Count(c => c == '\n'), CodeText.Blank(Sample).Count(c => c == '\n'));

    [Theory]
    [InlineData("a // b", "a")]
    [InlineData("a /* { \n } */ b", "a  \n  b")]
    [InlineData("x = @\"a\"\"{\" + 1;", "x =  + 1;")]
    [InlineData("x = $@\"{y[\"}\"]}\"\"{{\" + 1;", "x =  + 1;")]
    [InlineData("c = '\"'; d", "c = ; d")]
    public void Blanking_knows_comments_strings_and_characters(string source, string expected)
    {
        static string Squeeze(string text) => text.Replace(" ", "", StringComparison.Ordinal);
        Assert.Equal(Squeeze(expected), Squeeze(CodeText.Blank(source)));
    }
}
