namespace Fabric.Silo.Federation;

/// <summary>What an issuer's keys say of a signature.</summary>
internal enum SignatureVerdict
{
    /// <summary>One of them has made it.</summary>
    Signed,

    /// <summary>The key that it names is one of them as they are now, and has not made it: it will not be better the next time.</summary>
    NotSigned,

    /// <summary>
    /// None of those that can be had now has made it, and it names none of them: it is made up, or its issuer signs with a key that it does not publish yet, or that a cache in front of it does not.
    /// </summary>
    KeyUnknown,
}
