using System.Net;

namespace Fabric.LoadTests.Compare.Reports;

/// <summary>Text in a page.</summary>
internal static class Html
{
    /// <summary>A text as it may stand in an element or an attribute.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);
}
